// What became of the sale just made, large enough to be read across the bar, and the way on.
import { Button, Group, Loader, Modal, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCloudOff, IconHandStop } from "@tabler/icons-react";
import { useEffect, useEffectEvent, type ReactNode } from "react";
import { formatMoney } from "@/format";
import type { Sale } from "../sale";
import { flagSentence, waitingWords } from "../words";
import classes from "./ChargeResult.module.css";

interface ChargeResultProps {
  sale: Sale | null;
  /** Whose tab it goes on, when known. */
  owner: string | null;
  onNext: () => void;
  onRetry: () => void;
  onBack: (sale: Sale) => void;
}

/** A sale that went well makes room for the next guest by itself. */
const NEXT_AFTER_MS = 6_000;

export function ChargeResult({ sale, owner, onNext, onRetry, onBack }: ChargeResultProps) {
  const close = () => (sale?.state === "refused" ? onBack(sale) : onNext());
  return (
    <Modal opened={sale !== null} onClose={close} centered withCloseButton={false} radius="lg" size="md" transitionProps={{ duration: 120 }} attributes={{ content: { "aria-label": "What became of the sale" } }}>
      {sale && <Outcome sale={sale} owner={owner} onNext={onNext} onRetry={onRetry} onBack={onBack} />}
    </Modal>
  );
}

function Outcome({ sale, owner, onNext, onRetry, onBack }: ChargeResultProps & { sale: Sale }) {
  const amount = formatMoney(sale.order.total_minor, sale.order.currency);
  const done = sale.state === "accepted" || sale.state === "on_tab";
  const flagged = sale.flags.length > 0;
  const next = useEffectEvent(onNext);
  useEffect(() => {
    if (!done || flagged) return;
    const timer = setTimeout(() => next(), NEXT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [done, flagged]);

  if (done) {
    const flag = sale.flags[0];
    return (
      <Face mood={flag ? "flagged" : "good"} icon={flag ? <IconAlertTriangle size={56} stroke={1.8} /> : <IconCheck size={64} stroke={2.4} />} title={amount} detail={owner ? `on ${owner}’s tab` : "accepted"}>
        <TabLine sale={sale} />
        {flag && (
          <Text ta="center" fw={550}>
            {flagSentence(flag.code)}
          </Text>
        )}
        <Text c="dimmed" fz="sm">
          Receipt <strong data-testid="receipt">{sale.receipt}</strong>
        </Text>
        <Button autoFocus fullWidth h={60} fz={18} onClick={onNext}>
          Next guest
        </Button>
      </Face>
    );
  }
  if (sale.state === "refused") {
    return (
      <Face mood="bad" icon={<IconHandStop size={56} stroke={1.8} />} title={sale.trouble?.title ?? ""} detail={sale.trouble?.detail ?? ""}>
        <Button autoFocus fullWidth h={60} fz={18} onClick={() => onBack(sale)}>
          Back to the basket
        </Button>
      </Face>
    );
  }
  if (!sale.trouble) {
    return (
      <Face mood="waiting" icon={<Loader size={56} />} title={amount} detail="Sending…">
        <div className={classes.room} />
      </Face>
    );
  }
  return (
    <Face mood="flagged" icon={<IconCloudOff size={56} stroke={1.8} />} title={waitingWords.title} detail={waitingWords.detail}>
      <Text c="dimmed" fz="sm" ta="center">
        {amount} · {sale.trouble.title}
      </Text>
      <Group grow w="100%">
        <Button variant="default" h={60} onClick={onRetry}>
          Try again now
        </Button>
        <Button autoFocus h={60} onClick={onNext}>
          Next guest
        </Button>
      </Group>
    </Face>
  );
}

function Face({ mood, icon, title, detail, children }: { mood: string; icon: ReactNode; title: string; detail: string; children: ReactNode }) {
  return (
    <Stack align="center" gap="sm" py="md" role="status" data-testid="charge-result" data-mood={mood}>
      <span className={classes.icon} data-mood={mood} aria-hidden>
        {icon}
      </span>
      <Title order={2} ta="center" fz={30}>
        {title}
      </Title>
      <Text ta="center" fz="lg">
        {detail}
      </Text>
      {children}
    </Stack>
  );
}

/** Accepted is safe; a moment later the tab's own sum shows that it has arrived there. */
function TabLine({ sale }: { sale: Sale }) {
  return (
    <Text c="dimmed" mih={24}>
      {sale.state !== "on_tab" ? "Going on the tab…" : sale.tabTotalMinor === null ? "On the tab" : `The tab is now ${formatMoney(sale.tabTotalMinor, sale.order.currency)}`}
    </Text>
  );
}
