// Long work that operators asked for: what is under way and what ended lately, begun and stopped here, done by workers.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Errand } from "@/api";
import { plural } from "@/format";
import { useAct } from "@/ui/desk";
import { keys, useLook } from "./queries";

const MOVING_EVERY_MS = 1_000;

/** Asked again when the server tells how things are, and each second while one is under way. */
export function useErrands() {
  const api = useApi();
  const look = useLook();
  return useQuery({
    queryKey: ["work", "errands"],
    queryFn: async (): Promise<Errand[]> => (await unwrap(api.GET("/v1/console/errands"))).items,
    staleTime: look.staleTime,
    refetchInterval: ({ state }) => (state.data?.some((one) => one.state === "running") ? MOVING_EVERY_MS : look.refetchInterval),
  });
}

export function useStopErrand() {
  const api = useApi();
  const stop = (id: string) => unwrap(api.POST("/v1/console/errands/{errand_id}/stop", { params: { path: { errand_id: id } } }));
  return useAct(stop, { touches: [keys.all], done: () => "Stopped. What is done stays done, the rest is left alone." });
}

/** What is said when one has begun: nobody has to stay. */
function begun({ found, at_least }: Errand): string {
  return `Begun: ${plural(found, "message")}${at_least ? " or more" : ""}. You need not stay.`;
}

export type MessagesAction = "cancel" | "run_now" | "snooze";

/** Changes all that a search finds now. */
export function useChangeMessages(q: string, onDone: () => void) {
  const api = useApi();
  const change = ({ action, ms }: { action: MessagesAction; ms: number }) => unwrap(api.POST("/v1/console/messages/change", { body: { q, action, ms } }));
  return useAct(change, { touches: [keys.all], done: begun, onDone });
}

/** Takes out everything that waits in a queue. */
export function usePurge(queue: string, onDone: () => void) {
  const api = useApi();
  const purge = () => unwrap(api.POST("/v1/console/queues/{queue}/purge", { params: { path: { queue } }, body: { confirm: queue } }));
  return useAct(purge, { touches: [keys.all], done: begun, onDone, quiet: true });
}

/** Holds a tenant, and takes out what waits of it in every queue. */
export function useDrainTenant(tenant: string) {
  const api = useApi();
  const drain = () => unwrap(api.POST("/v1/console/tenants/drain", { body: { tenant, confirm: tenant } }));
  return useAct(drain, { touches: [keys.all], done: begun });
}

interface ErrandWords {
  deed: string;
  /** Follows a count: "12 of 40 …". */
  done: string;
  destroys: boolean;
}

const errandKinds: Record<Errand["kind"], ErrandWords> = {
  purge: { deed: "Purge", done: "taken out", destroys: true },
  drain: { deed: "Drain tenant", done: "taken out", destroys: true },
  cancel: { deed: "Cancel", done: "cancelled", destroys: true },
  run_now: { deed: "Run now", done: "can run", destroys: false },
  snooze: { deed: "Put off", done: "put off", destroys: false },
  redrive: { deed: "Send round again", done: "round again", destroys: false },
  discard: { deed: "Throw away", done: "thrown away", destroys: true },
};

/** What an errand does and to what; of a queue alone its name is enough. */
export function errandWords({ kind, question }: Errand): ErrandWords & { what: string } {
  return { ...errandKinds[kind], what: question.replace(/^queue:(\S+)$/, "$1") };
}

/** The queue that an errand is all about, if it is one. */
export function errandQueue({ kind, question }: Errand): string | null {
  return kind === "purge" ? question : (/(?:^|\s)queue:(\S+)/.exec(question)?.[1] ?? null);
}
