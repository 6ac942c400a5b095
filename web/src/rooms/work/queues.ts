// Hundreds of queues in an order a person can read: found, sorted, put together by what their names begin with.
import type { Queue } from "@/api";

export interface QueueGroup {
  prefix: string;
  queues: Queue[];
}

/** What a queue's name begins with: up to the first dot, dash or colon. */
export function prefixOf(queue: string): string {
  return /^[^.:/-]+/.exec(queue)?.[0] ?? queue;
}

/** By prefix, in alphabetical order; a prefix of only one queue goes to the others, at the end. */
export function grouped(queues: Queue[]): QueueGroup[] {
  const groups = new Map<string, Queue[]>();
  for (const queue of queues) {
    const prefix = prefixOf(queue.queue);
    groups.set(prefix, [...(groups.get(prefix) ?? []), queue]);
  }
  const several = [...groups].filter(([, members]) => members.length > 1).map(([prefix, members]) => ({ prefix, queues: members }));
  const alone = [...groups.values()].filter((members) => members.length === 1).flat();
  several.sort((one, other) => one.prefix.localeCompare(other.prefix));
  return alone.length > 0 ? [...several, { prefix: "", queues: alone }] : several;
}

export const shows = [
  { value: "all", label: "All" },
  { value: "trouble", label: "In trouble" },
  { value: "busy", label: "Busy" },
  { value: "paused", label: "Paused" },
];

/** Whether a queue is to be shown: every word of `text` is in its name, and it is what `show` asks for. */
export function fits(queue: Queue, text: string, show: string): boolean {
  const name = queue.queue.toLowerCase();
  if (!text.toLowerCase().split(/\s+/).every((word) => name.includes(word))) return false;
  switch (show) {
    case "trouble":
      return queue.dead > 0 || queue.failed_last_hour > 0 || (queue.workers === 0 && queue.ready + queue.waiting > 0);
    case "busy":
      return queue.ready + queue.waiting + queue.leased > 0 || queue.rate_per_second > 0;
    case "paused":
      return queue.paused;
    default:
      return true;
  }
}
