// The record of changes in words: what it was about, where that is found, and what became different.
import { formatCount } from "@/format";
import { places } from "./words";

export interface Subject {
  /** What kind of thing: "queue", "message". */
  kind: string;
  name: string;
  /** Its page; null when it has none. */
  to: string | null;
}

/** "key:bar:tab 7" → the key tab 7 of the queue bar, and its page. */
export function subjectOf(subject: string): Subject {
  const [, kind = "", rest = ""] = /^([^:]*):(.*)$/s.exec(subject) ?? [];
  const [, queue = "", inside = ""] = /^([^:]*):(.*)$/s.exec(rest) ?? [];
  const known: Record<string, () => Subject> = {
    queue: () => ({ kind, name: rest, to: places.queue(rest) }),
    message: () => ({ kind, name: rest, to: places.message(rest) }),
    breaker: () => ({ kind, name: rest, to: places.breaker(rest) }),
    schedule: () => ({ kind, name: rest, to: places.schedule(rest) }),
    worker: () => ({ kind, name: rest, to: places.worker(rest) }),
    search: () => ({ kind, name: rest, to: places.messages(rest) }),
    batch: () => ({ kind, name: rest, to: places.batches }),
    key: () => ({ kind, name: inside, to: places.key(queue, inside) }),
    line: () => ({ kind: "tenant", name: inside, to: places.tenant(inside) }),
  };
  return known[kind]?.() ?? { kind: "", name: subject, to: null };
}

export interface Difference {
  name: string;
  /** Null: there was none, or there is none any more. */
  before: string | null;
  after: string | null;
}

const SHOWN_CHARS = 60;

/** What is not the same before and after a change, field by field. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [old, fresh] = [fields(before), fields(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  return names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(fresh[name])).map((name) => ({ name: name.replaceAll("_", " "), before: brief(old[name]), after: brief(fresh[name]) }));
}

function fields(value: unknown): Record<string, unknown> {
  if (value === null || value === undefined) return {};
  return typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : { value };
}

function brief(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return formatCount(value);
  if (Array.isArray(value)) return `${formatCount(value.length)} of them`;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
