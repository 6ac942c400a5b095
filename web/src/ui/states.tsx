// What a page shows when it has nothing to show: nothing yet, nothing there, or something in the way.
import { Button, Center, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconGlassFull, IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface StateProps {
  title: string;
  detail?: ReactNode;
  icon?: ReactNode;
  /** What the button says; without it there is none. */
  action?: string;
  onAction?: () => void;
  busy?: boolean;
  /** Fills the window instead of its box. */
  fill?: boolean;
  /** For who hears it instead of seeing it. */
  role?: "alert";
}

function State({ title, detail, icon, action, onAction, busy = false, fill = false, color, role }: StateProps & { color: string }) {
  return (
    <Center mih={fill ? "100dvh" : 240} p="lg" role={role}>
      <Stack align="center" gap="sm" maw={420}>
        <ThemeIcon size={64} radius="xl" variant="light" color={color} aria-hidden>
          {icon}
        </ThemeIcon>
        <Title order={2} size="h3" ta="center">
          {title}
        </Title>
        {detail !== undefined && (
          <Text c="dimmed" ta="center">
            {detail}
          </Text>
        )}
        {action !== undefined && (
          <Button mt="xs" loading={busy} onClick={onAction}>
            {action}
          </Button>
        )}
      </Stack>
    </Center>
  );
}

/** There is nothing here, and that is fine: says why and what to do next. */
export function EmptyState({ icon = <IconGlassFull size={32} stroke={1.6} />, ...props }: StateProps) {
  return <State {...props} icon={icon} color="amber" />;
}

/** Something is in the way: says what, and offers the cure. */
export function ErrorState({ icon = <IconPlugConnectedX size={32} stroke={1.6} />, ...props }: StateProps) {
  return <State {...props} icon={icon} color="grenadine" role="alert" />;
}
