// Doing something from a page: runs it, says that it is done (with a way back where it hurts), or says why not.
import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useExplain, type Explained } from "./explain";

interface Done {
  text: string;
  /** Takes it back. Offered for a few seconds. */
  undo?: () => Promise<unknown>;
}

interface ActOptions<In, Out> {
  /** What to say when it worked; nothing when the page shows it anyway. */
  done?: (out: Out, input: In) => Done | string | null;
  /** What to ask for again afterwards. */
  touches?: QueryKey[];
  onDone?: (out: Out, input: In) => void;
  /** The form shows the failure itself. */
  quiet?: boolean;
}

/** A mutation with manners. `act.failure` is the last failure in words, until the next try. */
export function useAct<In = void, Out = unknown>(run: (input: In) => Promise<Out>, options: ActOptions<In, Out> = {}) {
  const explain = useExplain();
  const queries = useQueryClient();
  const refresh = async () => {
    await Promise.all((options.touches ?? []).map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  const mutation = useMutation({
    mutationFn: run,
    onSuccess: (out, input) => {
      void refresh();
      const done = options.done?.(out, input) ?? null;
      if (done !== null) said(typeof done === "string" ? { text: done } : undoable(done, refresh, explain));
      options.onDone?.(out, input);
    },
    onError: (error) => {
      if (options.quiet !== true) failed(explain(error));
    },
  });
  return { run: mutation.mutate, busy: mutation.isPending, failure: mutation.error ? explain(mutation.error) : null, reset: mutation.reset };
}

function undoable(done: Done, refresh: () => Promise<void>, explain: (error: unknown) => Explained): Done {
  const { undo } = done;
  if (!undo) return done;
  const back = async () => {
    try {
      await undo();
    } catch (error) {
      failed(explain(error));
    }
    await refresh();
  };
  return { text: done.text, undo: back };
}

/** Says briefly that something is done. */
export function said({ text, undo }: Done): void {
  const id = notifications.show({
    color: "hop",
    autoClose: undo ? 9_000 : 4_000,
    withBorder: true,
    message: (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text size="sm" fw={550}>
          {text}
        </Text>
        {undo && (
          <Button
            variant="light"
            miw={76}
            onClick={() => {
              notifications.hide(id);
              void undo();
            }}
          >
            Undo
          </Button>
        )}
      </Group>
    ),
  });
}

/** Says why something did not work; stays until it is closed. */
export function failed({ title, detail }: Pick<Explained, "title" | "detail">): void {
  notifications.show({ color: "grenadine", title, message: detail, autoClose: 12_000, withBorder: true, role: "alert" });
}
