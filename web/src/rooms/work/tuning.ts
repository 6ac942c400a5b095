// What the console asks about the limits of a queue, and what it changes while everything runs.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type QueueLimits, type QueuePace } from "@/api";
import { formatCount, plural } from "@/format";
import { useAct } from "@/ui/desk";
import { keys } from "./queries";

const LOOK_EVERY_MS = 5_000;

export type Scope = "queue" | "each" | "line";

/** Limits as a form has them; null: no limit. */
export interface Limits {
  concurrency: number | null;
  rate: number | null;
  per_seconds: number;
  burst: number | null;
  weight: number;
}

export interface Pace {
  batch_max: number | null;
  slots: number | null;
}

export const NO_LIMITS: Limits = { concurrency: null, rate: null, per_seconds: 1, burst: null, weight: 1 };

export function limitsOf(shown: QueueLimits | undefined): Limits {
  if (!shown) return NO_LIMITS;
  return { concurrency: shown.concurrency, rate: shown.rate, per_seconds: shown.per_seconds ?? 1, burst: shown.burst, weight: shown.weight };
}

/** "3 at once, 10 in 1 s" */
export function limitsText({ concurrency, rate, per_seconds, burst, weight }: Limits): string {
  const parts = [];
  if (concurrency !== null) parts.push(`${formatCount(concurrency)} at once`);
  if (rate !== null) parts.push(`${formatCount(rate)} in ${per_seconds === 1 ? "a second" : `${per_seconds} s`}${burst === null ? "" : `, ${formatCount(burst)} at one instant`}`);
  if (weight !== 1) parts.push(`weight ${weight}`);
  return parts.join(", ") || "no limit";
}

export function scopeText(scope: Scope, line: string): string {
  if (scope === "queue") return "The whole queue";
  return scope === "each" ? "Each line" : `Line ${line === "" ? "of no tenant" : line}`;
}

export function useLimits(queue: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "limits", queue],
    queryFn: async (): Promise<QueueLimits[]> => (await unwrap(api.GET("/v1/console/queues/{queue}/limits", { params: { path: { queue } } }))).items,
    refetchInterval: LOOK_EVERY_MS,
  });
}

export function usePace(queue: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "pace", queue],
    queryFn: (): Promise<QueuePace> => unwrap(api.GET("/v1/console/queues/{queue}/pace", { params: { path: { queue } } })),
    refetchInterval: LOOK_EVERY_MS,
  });
}

interface LimitsChange {
  scope: Scope;
  line: string;
  /** Null: back to what the tasks declare. */
  to: Limits | null;
  before: QueueLimits | undefined;
}

/** Sets limits, or takes back what an operator set; either can be undone for a moment. */
export function useSetLimits(queue: string, onDone?: () => void) {
  const api = useApi();
  const path = { params: { path: { queue } } };
  const put = (scope: Scope, line: string, to: Limits | null) =>
    to === null
      ? unwrap(api.POST("/v1/console/queues/{queue}/limits/reset", { ...path, body: { scope, line } }))
      : unwrap(api.POST("/v1/console/queues/{queue}/limits", { ...path, body: { scope, line, ...to } }));
  const set = ({ scope, line, to }: LimitsChange) => put(scope, line, to);
  return useAct(set, {
    touches: [keys.all],
    done: (_, { scope, line, to, before }) => ({
      text: `${scopeText(scope, line)}: ${to === null ? "as the tasks declare" : limitsText(to)}.`,
      undo: () => put(scope, line, before?.by_operator === true ? limitsOf(before) : null),
    }),
    ...(onDone ? { onDone } : {}),
  });
}

export function useSetPace(queue: string, before: Pace, onDone?: () => void) {
  const api = useApi();
  const set = (to: Pace) => unwrap(api.POST("/v1/console/queues/{queue}/pace", { params: { path: { queue } }, body: to }));
  return useAct(set, { touches: [keys.all], done: () => ({ text: "Every worker heard it.", undo: () => set({ batch_max: before.batch_max, slots: before.slots }) }), ...(onDone ? { onDone } : {}) });
}

/** Gives what waits another priority, a page after the other. */
export function useSetPriority(queue: string, onDone?: () => void) {
  const api = useApi();
  const set = async ({ priority, task }: { priority: number; task: string | null }): Promise<number> => {
    let total = 0;
    for (;;) {
      const { changed } = await unwrap(api.POST("/v1/console/queues/{queue}/priority", { params: { path: { queue } }, body: { priority, task } }));
      total += changed;
      if (changed === 0) return total;
    }
  };
  return useAct(set, { touches: [keys.all], done: (total, { priority }) => `${plural(total, "message")} changed to priority ${priority}.`, ...(onDone ? { onDone } : {}) });
}
