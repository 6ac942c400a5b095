// Decisions of supervisors as a picture: how many workers there were, step by step, as far back as they go.
import type { Scaled } from "@/api";

export interface ScalingStep {
  ms: number;
  /** The most that all hosts together had in the step, as they decided. */
  workers: number;
  /** The most that was ready when somebody decided; 0 where nobody did. */
  ready: number;
}

const STEPS = 60;
const SPAN_MIN_MS = 60 * 60_000;

/** Sixty steps from the oldest decision, or an hour ago, to now. `decisions`: newest first. */
export function scalingSteps(decisions: Scaled[], nowMs: number): ScalingStep[] {
  const oldest = decisions.at(-1)?.at_ms ?? nowMs;
  const first = Math.min(oldest, nowMs - SPAN_MIN_MS);
  const width = (nowMs - first) / STEPS;
  const hosts = new Map<string, Scaled[]>();
  for (const one of decisions) hosts.set(one.host, [one, ...(hosts.get(one.host) ?? [])]);
  return Array.from({ length: STEPS }, (_, index) => {
    const [from, until] = [first + index * width, first + (index + 1) * width];
    const inside = decisions.filter((one) => one.at_ms >= from && one.at_ms < until);
    return { ms: from, workers: sum([...hosts.values()].map((its) => mostOf(its, from, until))), ready: Math.max(0, ...inside.map((one) => one.ready)) };
  });
}

/** The most workers of one host between two instants. `its`: its decisions, oldest first. */
function mostOf(its: Scaled[], from: number, until: number): number {
  const before = its.filter((one) => one.at_ms < from).at(-1)?.after ?? its[0]?.before ?? 0;
  return Math.max(before, ...its.filter((one) => one.at_ms >= from && one.at_ms < until).map((one) => one.after));
}

function sum(counts: number[]): number {
  return counts.reduce((all, one) => all + one, 0);
}
