// Wall-clock times of an event's own zone, as a date-and-time input has them ("2026-07-04T18:30"), to instants and back.

const HOUR_MS = 3_600_000;

/** The wall clock of `timeZone` at an instant. */
export function wallOf(ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/**
 * The instant at which the clocks of `timeZone` show `wall`; null when it is no date.
 * A time that the change to summer leaves out becomes the one an hour later; of one that comes twice, the first is meant.
 */
export function instantOf(wall: string, timeZone: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(wall)) return null;
  const asUtc = Date.parse(`${wall.slice(0, 16)}:00Z`);
  if (Number.isNaN(asUtc)) return null;
  // The offset before and after a change of clocks; the right one is the one that gives the wall time back.
  const offsets = [asUtc - 24 * HOUR_MS, asUtc + 24 * HOUR_MS].map((near) => offsetAt(near, timeZone));
  const candidates = offsets.map((offset) => asUtc - offset);
  const right = candidates.filter((candidate) => wallOf(candidate, timeZone) === wall.slice(0, 16));
  return right.length > 0 ? Math.min(...right) : Math.max(...candidates);
}

function offsetAt(ms: number, timeZone: string): number {
  const minute = Math.floor(ms / 60_000) * 60_000;
  return Date.parse(`${wallOf(minute, timeZone)}:00Z`) - minute;
}

/** When a night that is planned now begins and ends: from the last full hour until four in the morning after. */
export function tonight(nowMs: number, timeZone: string): { starts: string; ends: string } {
  const starts = `${wallOf(nowMs, timeZone).slice(0, 13)}:00`;
  const hour = Number(starts.slice(11, 13));
  const endDay = hour < 4 ? nowMs + 4 * HOUR_MS : nowMs + 24 * HOUR_MS;
  const ends = hour < 4 ? wallOf(nowMs + 8 * HOUR_MS, timeZone).slice(0, 13) + ":00" : `${wallOf(endDay, timeZone).slice(0, 10)}T04:00`;
  return { starts, ends };
}
