// What the console asks about dead letters in bulk: mend one, count many, send them round again at a rate, watch, stop.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Redrive } from "@/api";
import { useAct } from "@/ui/desk";
import { keys } from "./queries";

export interface Which {
  queue: string;
  task?: string;
  key?: string;
  fingerprint?: string;
}

export type RedriveAction = "retry" | "discard";

/** How many letters there are of those; nothing is changed. */
export function useCount(which: Which) {
  const api = useApi();
  return useQuery({
    queryKey: [...keys.dead, "count", which],
    queryFn: (): Promise<Redrive> => unwrap(api.POST("/v1/console/redrives", { body: { ...which, per_second: 1, action: "retry", dry_run: true } })),
    staleTime: 0,
  });
}

export function useStartRedrive(onDone: () => void) {
  const api = useApi();
  const start = ({ which, action, perSecond }: { which: Which; action: RedriveAction; perSecond: number }) =>
    unwrap(api.POST("/v1/console/redrives", { body: { ...which, action, per_second: perSecond, dry_run: false } }));
  return useAct(start, { touches: [keys.all], done: () => "It has begun.", onDone });
}

export interface Edit {
  payload: unknown;
  dryRun: boolean;
}

/** Gives a dead letter another payload; the server holds it against the task's own type. */
export function useEditLetter(id: string) {
  const api = useApi();
  const edit = async ({ payload, dryRun }: Edit): Promise<{ before: unknown; after: unknown; changed: boolean }> =>
    unwrap(api.POST("/v1/console/dead/{letter_id}/edit", { params: { path: { letter_id: id } }, body: { payload: payload as never, dry_run: dryRun } }));
  return useAct(edit, { touches: [keys.all], quiet: true });
}
