// Asks before something that cannot be taken back.
import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";

/** How everything that opens over a page looks and is closed. */
export const overPage = { closeButtonProps: { "aria-label": "Close", size: 44 }, radius: "lg" } as const;

interface Question {
  title: string;
  detail: string;
  /** What the button says: the deed, not "OK". */
  deed: string;
  onYes: () => void;
}

export function ask({ title, detail, deed, onYes }: Question): void {
  modals.openConfirmModal({
    title: <span style={{ fontWeight: 700 }}>{title}</span>,
    centered: true,
    children: <Text>{detail}</Text>,
    labels: { confirm: deed, cancel: "Keep it" },
    confirmProps: { color: "grenadine" },
    onConfirm: onYes,
  });
}
