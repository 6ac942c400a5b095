// The search of messages as one line of text: `queue:mail key:"tab 7" state:dead order 12`. The server understands it;
// here it is only put together: a filter more or less, a word completed, a time given its zone.

const PART = /(?:([A-Za-z_]\w*(?:\.[^\s.:"]+)*):("(?:[^"\\]|\\.)*"|\S*)|("(?:[^"\\]|\\.)*"(?=\s|$)|\S+))/g;

export interface Words {
  names: string[];
  states: string[];
  queues: string[];
  tasks: string[];
}

/** What a filter of the line says; empty when it is not there. */
export function filterOf(line: string, name: string): string {
  for (const [, found, value = ""] of line.matchAll(PART)) if (found === name) return unquoted(value);
  return "";
}

/** The line with that filter, or without it when the value is empty. */
export function withFilter(line: string, name: string, value: string): string {
  const others = [...line.matchAll(PART)].filter(([, found]) => found !== name).map(([part]) => part);
  return [...(value === "" ? [] : [filter(name, value)]), ...others].join(" ");
}

/** One filter as it is written in a line. */
export function filter(name: string, value: string): string {
  return `${name}:${/[\s"\\]/.test(value) ? `"${value.replaceAll(/["\\]/g, "\\$&")}"` : value}`;
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;
}

/** Whole lines that end as the last word may go on: names of filters, then known values of theirs. */
export function completions(line: string, words: Words): string[] {
  const before = /^(?:.*\s)?/.exec(line)?.[0] ?? "";
  const last = line.slice(before.length);
  const [name = "", begun] = last.split(/:(.*)/s);
  if (begun === undefined) return last === "" ? [] : words.names.filter((one) => one.startsWith(name)).map((one) => `${before}${one}${one === "payload" ? "." : ":"}`);
  const known: Record<string, string[]> = { queue: words.queues, task: words.tasks, state: words.states, enqueued: SPANS, due: ["..now", "now..", "now..+1h"] };
  const values = (known[name] ?? []).filter((one) => one !== begun && one.includes(begun));
  return values.slice(0, COMPLETIONS_MAX).map((value) => `${before}${filter(name, value)}`);
}

const COMPLETIONS_MAX = 30;
const SPANS = ["-15m..", "-1h..", "-1d..", "-7d.."];

/** Times without a zone are the reader's own: the line says so, for whoever it is sent to. */
export function zoned(line: string): string {
  return line.replaceAll(/\b(enqueued|due):(\S+)/g, (_, name: string, span: string) => `${name}:${span.split("..").map(instant).join("..")}`);
}

function instant(text: string): string {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/.test(text)) return text;
  const at = new Date(text.includes("T") ? text : `${text}T00:00`);
  return Number.isNaN(at.getTime()) ? text : at.toISOString().replace(/(:00)?\.000Z$/, "Z");
}

/** An instant of a line as an input for a local date and time takes it. */
export function localOf(text: string): string {
  const at = new Date(text);
  if (text === "" || Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Whether the whole line is the id of a message. */
export function isId(line: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f-]{20,}(\.\d+)?$/.test(line.trim());
}
