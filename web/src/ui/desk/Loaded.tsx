// What a page shows while its data is on the way, when it did not come, and when it is there.
import { Alert, Button, Group } from "@mantine/core";
import { IconCloudOff, IconMoodEmpty } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { EmptyState, ErrorState } from "../states";
import { useExplain, type Explained } from "./explain";

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isFetching: boolean;
  refetch: () => unknown;
}

interface LoadedProps<T> {
  query: Asked<T>;
  /** The same shapes, still empty. */
  ghost: ReactNode;
  children: (data: T) => ReactNode;
}

export function Loaded<T>({ query, ghost, children }: LoadedProps<T>) {
  const explain = useExplain();
  const { data, error } = query;
  if (data !== undefined) {
    return (
      <>
        {hasFailed(error) && <Stale onRetry={() => void query.refetch()} busy={query.isFetching} />}
        {children(data)}
      </>
    );
  }
  if (!hasFailed(error)) return ghost;
  const { title, detail, missing = false } = explain(error);
  if (missing) return <EmptyState title={title} detail={detail} icon={<IconMoodEmpty size={32} stroke={1.6} />} role="alert" />;
  return <ErrorState title={title} detail={detail} action="Try again" busy={query.isFetching} onAction={() => void query.refetch()} />;
}

function hasFailed(error: unknown): boolean {
  return error !== null && error !== undefined;
}

/** There is something to show, but it could not be refreshed. */
function Stale({ onRetry, busy }: { onRetry: () => void; busy: boolean }) {
  return (
    <Alert color="amber" variant="light" icon={<IconCloudOff size={20} />} mb="md" py={6}>
      <Group justify="space-between" gap="sm">
        <span>This may be old: the server did not answer.</span>
        <Button variant="subtle" loading={busy} onClick={onRetry}>
          Try again
        </Button>
      </Group>
    </Alert>
  );
}

/** Why a form was refused, above its fields. Field problems that have a field of their own are shown there instead. */
export function Refused({ failure, shown = [] }: { failure: Explained | null; shown?: string[] }) {
  if (!failure) return null;
  const unshown = Object.keys(failure.fields).filter((field) => !shown.includes(field));
  if (Object.keys(failure.fields).length > 0 && unshown.length === 0) return null;
  return (
    <Alert color="grenadine" variant="light" title={failure.title} role="alert">
      {failure.detail}
    </Alert>
  );
}
