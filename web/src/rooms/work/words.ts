// What the console says, in one place.
import type { Attention, EngineWorker, QueueFigures, Schedule } from "@/api";
import { formatAge, formatCount, plural } from "@/format";
import type { Tone } from "@/ui/desk";

export const places = {
  overview: "/",
  queues: "/queues",
  /** A queue's name may hold dots, and what looks like a file is no page. */
  queue: (queue: string) => `/queues/one?name=${encodeURIComponent(queue)}`,
  dead: "/dead",
  letter: (id: string) => `/dead/${id}`,
  messages: (look = "") => (look === "" ? "/messages" : `/messages?q=${encodeURIComponent(look)}`),
  /** With its queue it is found at once, however much waits. */
  message: (id: string, queue?: string) => `/messages/${encodeURIComponent(id)}${queue === undefined ? "" : `?queue=${encodeURIComponent(queue)}`}`,
  keys: "/keys",
  key: (queue: string, key: string) => `/keys/one?queue=${encodeURIComponent(queue)}&key=${encodeURIComponent(key)}`,
  breakers: "/breakers",
  breaker: (name: string) => `/breakers/one?name=${encodeURIComponent(name)}`,
  batches: "/batches",
  usage: "/usage",
  scaling: "/scaling",
  workers: "/workers",
  worker: (id: string) => `/workers/one?id=${encodeURIComponent(id)}`,
  schedules: "/schedules",
  schedule: (name: string) => `/schedules/one?name=${encodeURIComponent(name)}`,
  topics: "/topics",
  tenants: "/tenants",
  tenant: (tenant: string) => `/tenants/one?name=${encodeURIComponent(tenant)}`,
  changes: "/changes",
  errands: "/errands",
};

export const sentences = {
  calm: { title: "Nothing needs you", detail: "Work flows, nothing gave up, nobody is silent." },
  noQueues: { title: "No queues yet", detail: "A queue appears with its first message or its first worker." },
  noneFit: { title: "No queue fits", detail: "None has that in its name, or none is in that state." },
  noDead: { title: "No dead letters", detail: "Messages that used up their tries would wait here for a person." },
  noWorkers: { title: "No worker is up", detail: "Start one with: barback work" },
  drainWorker: { title: "Drain this worker?", detail: "It claims nothing more, finishes what it holds or gives it back, and ends. A supervisor starts another in its place.", deed: "Drain it" },
  emptyHands: "It holds nothing right now.",
  noWorkerFits: { title: "No worker fits", detail: "None has that in its name or among its queues." },
  noSchedules: { title: "No schedules", detail: "Work that repeats by the clock shows up here." },
  runSchedule: { title: "Run it now?", detail: "A worker fires it at once, once. Its next tick stays what it is.", deed: "Run it now" },
  noTenants: { title: "No tenant has work", detail: "Messages that were enqueued for a tenant show up here." },
  holdTenant: (tenant: string) => ({ title: `Hold ${tenant}?`, detail: "Nothing of it is claimed any more wherever it has work now; what has begun is finished. The others go on.", deed: "Hold it" }),
  holdKey: (key: string) => ({ title: `Hold ${key}?`, detail: "Nothing of this key is claimed any more; what has begun is finished. Other keys go on.", deed: "Hold it" }),
  drainTenant: (tenant: string) => ({ title: `Drain ${tenant}?`, detail: "It is held, and all that waits of it is taken out for good, in every queue. What a worker holds is finished, what is dead stays.", deed: "Drain it" }),
  noErrands: { title: "Nothing is under way", detail: "A purge, a drain, a change of all that was found, dead letters sent round again: what takes long is listed here with how far it is." },
  noTopics: { title: "No topics", detail: "A fact that many tasks hear of is published once, to a topic. Those of this program show up here." },
  noListener: "Nobody listens: what is published goes nowhere.",
  noTicks: "It has not fired yet.",
  noChanges: { title: "Nobody changed anything yet", detail: "Pauses, retries and discards are written down here with who, what, before and after." },
  noChangeFits: { title: "No change fits", detail: "None has that in who it was, in what was done, or in what it was done to." },
  noLineHeld: "None is open, and none is held by hand.",
  breakerUntouched: "It never opened, and nobody forced it.",
  noMessages: { title: "Nothing fits", detail: "What is done is gone: messages are found while they wait, run, or are dead; cancelled ones for a week with state:cancelled." },
  noKeys: { title: "No key needs you", detail: "No key is closed, and nothing stands in line behind another of its key." },
  cancel: { title: "Cancel this message?", detail: "It does not run. If others of its key stand behind it, they go on. For a week it can be brought back, unless it belongs to a batch.", deed: "Cancel it" },
  parentGone: "is done and gone, or waits to be tried again.",
  childrenGone: "Only what is not done yet: what is done is gone.",
  asTest: { title: "This message as a test", detail: "Handles it again on a database of the test's own. What is secret is masked: put in something of your own." },
  changeAll: {
    cancel: { title: "Cancel all of these?", about: "They do not run. What a worker holds stays, and dead ones are thrown away. For a week the others can be brought back: search state:cancelled, then run all.", deed: "Cancel them", word: "cancel" },
    run_now: { title: "Run all of these now?", about: "What waits for its time runs as soon as there is a worker; dead ones go round again.", deed: "Run them", word: "run" },
    snooze: { title: "Put all of these off?", about: "What is ready or waits for its time waits longer. What stands behind its key waits with it.", deed: "Put them off", word: "later" },
  },
  drain: (key: string, count: string) => ({ title: `Drain ${key}?`, detail: `${count} behind its head will never run. The head itself stays.`, deed: "Drain it" }),
  noBreakers: { title: "No breakers", detail: "A task with a breaker stops being claimed while what it depends on is down." },
  noBatches: { title: "No batches", detail: "Work that is fanned out and counted shows up here." },
  noUsage: { title: "Nothing was used this month", detail: "Every try is counted with its time, by task and tenant." },
  noScaling: { title: "Nothing decided yet", detail: "A supervisor writes its decisions down. Start one with: barback work --min 0 --max 4" },
  cancelBatch: { title: "Cancel this batch?", detail: "What has begun is finished; nothing more of it begins.", deed: "Cancel it" },
  noDay: "The day could not be read just now.",
  purge: (queue: string) => ({ title: `Purge ${queue}?`, detail: "Everything that waits in it is taken out for good: ready, behind its key, and later. What a worker holds is finished, what is dead stays.", deed: "Purge it" }),
  noErrors: "Nothing gave up in this queue.",
  pause: (queue: string) => ({ title: `Pause ${queue}?`, detail: "What has begun is finished; everything else waits until somebody resumes it.", deed: "Pause it" }),
  discard: { title: "Discard this dead letter?", detail: "It is thrown away for good. What it was to do is not done.", deed: "Discard it" },
  redrive: {
    retry: { title: "Send round again", deed: "Send them", about: "Each starts with a full number of tries. Slow is kind to what just came back up." },
    discard: { title: "Throw away", deed: "Throw them away", about: "They are gone for good. What they were to do is not done." },
  },
};

/** "3.2" for what trickles, "1,204" for what pours. */
export function formatPerSecond(rate: number): string {
  if (rate > 0 && rate < 0.1) return "< 0.1";
  return rate >= 10 || rate === 0 ? formatCount(Math.round(rate)) : rate.toFixed(1);
}

/** Microseconds as people say them: "12 ms", "3.4 s", "2 h". */
export function formatSeconds(us: number): string {
  if (us < 1_000_000) return `${Math.round(us / 1_000)} ms`;
  return us < 60_000_000 ? `${(us / 1_000_000).toFixed(1)} s` : formatAge(us / 1_000);
}

/** Microseconds in the unit that fits: "620 µs", "12 ms", "3.4 s", "5 min". */
export function formatTook(us: number): string {
  if (us < 1_000) return us <= 0 ? "0" : `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${Math.round(us / 1_000)} ms`;
  if (us < 10_000_000) return `${(us / 1_000_000).toFixed(1)} s`;
  return us < 120_000_000 ? `${Math.round(us / 1_000_000)} s` : formatAge(us / 1_000);
}

/** A count, with a "+" when the engine stopped counting. */
export function formatDepth(count: number, atLeast: boolean): string {
  return formatCount(count) + (atLeast && count >= 10_000 ? "+" : "");
}

/** How long something has been waiting at `nowMs`; nothing when nothing waits. */
export function waited(sinceMs: number | null, nowMs: number): string {
  if (sinceMs === null) return "–";
  const age = nowMs - sinceMs;
  return age < 1_000 ? `${Math.max(0, age)} ms` : formatAge(Math.max(5_000, age)).replace(/^now$/, "5 s");
}

/** An instant by the clocks of a zone: "Sat 21 Nov, 04:00". */
export function formatInZone(ms: number, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(ms);
}

export function scheduleState(schedule: Schedule): { tone: Tone; label: string } {
  if (schedule.asked_ms !== null) return { tone: "busy", label: "About to run" };
  if (schedule.paused) return { tone: "busy", label: "Paused" };
  return schedule.late ? { tone: "bad", label: "Late" } : { tone: "good", label: "On time" };
}

/** What became of a tick. */
export function tickState(outcome: string): { tone: Tone; label: string } {
  if (outcome === "ended") return { tone: "good", label: "Ended" };
  if (outcome === "skipped") return { tone: "busy", label: "Left out" };
  if (outcome === "unknown") return { tone: "still", label: "Not known" };
  return messageState(outcome);
}

/** "just now", "3 min ago". */
export function ago(ms: number): string {
  const age = formatAge(ms);
  return age === "now" ? "just now" : `${age} ago`;
}

/** "64 MiB"; nothing before the first beat. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return "–";
  return bytes < 1 << 30 ? `${formatCount(Math.round(bytes / (1 << 20)))} MiB` : `${(bytes / (1 << 30)).toFixed(1)} GiB`;
}

export function queueState(queue: QueueFigures): { tone: Tone; label: string } {
  if (queue.paused) return { tone: "busy", label: "Paused" };
  if (queue.workers === 0 && queue.ready + queue.waiting > 0) return { tone: "bad", label: "No worker" };
  return queue.workers === 0 ? { tone: "still", label: "No worker" } : { tone: "good", label: "Running" };
}

export const workerStates: Record<string, { tone: Tone; label: string }> = {
  working: { tone: "good", label: "Working" },
  idle: { tone: "still", label: "Idle" },
  silent: { tone: "bad", label: "Silent" },
};

export function workerState(worker: EngineWorker): { tone: Tone; label: string } {
  if (worker.draining_ms !== null && worker.state !== "silent") return { tone: "busy", label: "Draining" };
  return workerStates[worker.state] ?? { tone: "still", label: worker.state };
}

interface Need {
  title: string;
  detail: string;
  /** Null: no page of ours can put it right. */
  to: string | null;
  tone: Tone;
}

/** What needs a person, as a sentence and the place where it is put right. */
export function needOf({ kind, subject, count, since_ms, detail }: Attention, nowMs: number): Need {
  const since = since_ms === null ? "" : ` for ${waited(since_ms, nowMs)}`;
  switch (kind) {
    case "held_snapshot":
      return { tone: "bad", title: "A transaction holds everybody up", detail: detail ?? subject, to: null };
    case "open_breaker":
      return { tone: "bad", title: `Breaker ${subject} is open${since}`, detail: `${plural(count, "message")} waiting. ${detail ?? "Somebody holds it open."}`, to: places.breakers };
    case "no_worker":
      return { tone: "bad", title: `Nobody works ${subject}`, detail: `${plural(count, "message")} waiting${since}. Start a worker.`, to: places.queue(subject) };
    case "silent_worker":
      return { tone: "bad", title: "A worker went silent", detail: `It holds ${plural(count, "message")}; others take them over.`, to: places.workers };
    case "behind":
      return { tone: "busy", title: `${subject} is behind`, detail: `${plural(count, "message")} waiting, the oldest${since}.`, to: places.queue(subject) };
    case "late_schedule":
      return { tone: "busy", title: `${subject} has not fired`, detail: `Its time was${since} ago.`.replace(" for ", " "), to: places.schedules };
    case "dead_letters":
      return { tone: "bad", title: `${plural(count, "dead letter")} in ${subject}`, detail: "They gave up and wait for a person.", to: places.queue(subject) };
    case "paused":
      return { tone: "note", title: `${subject} is paused`, detail: `${plural(count, "message")} waiting.`, to: places.queue(subject) };
  }
}

/** "dead.edited" → "dead: edited". */
export function deedOf(action: string): string {
  return action.replaceAll("_", " ").replace(".", ": ");
}

const messageStates: Record<string, { tone: Tone; label: string; time: string }> = {
  ready: { tone: "note", label: "Ready", time: "" },
  waiting: { tone: "still", label: "Behind its key", time: "" },
  scheduled: { tone: "still", label: "Later", time: "Due" },
  retrying: { tone: "busy", label: "Tries again", time: "Due" },
  leased: { tone: "good", label: "In work", time: "Taken" },
  dead: { tone: "bad", label: "Dead", time: "Died" },
  cancelled: { tone: "still", label: "Cancelled", time: "Cancelled" },
};

/** What the state of a message is called, and what its time means. */
export function messageState(state: string): { tone: Tone; label: string; time: string } {
  return messageStates[state] ?? { tone: "still", label: state, time: "" };
}

const MINUTE_MS = 60_000;

/** For how long messages can be put off. */
export const snoozes = [
  { label: "5 minutes", ms: 5 * MINUTE_MS },
  { label: "1 hour", ms: 60 * MINUTE_MS },
  { label: "12 hours", ms: 720 * MINUTE_MS },
  { label: "1 day", ms: 1_440 * MINUTE_MS },
  { label: "1 week", ms: 10_080 * MINUTE_MS },
];

const lanes: Record<string, { tone: Tone; label: string }> = {
  idle: { tone: "still", label: "Idle" },
  busy: { tone: "good", label: "Busy" },
  closed: { tone: "bad", label: "Closed" },
};

export function laneState(lane: string): { tone: Tone; label: string } {
  return lanes[lane] ?? { tone: "still", label: lane };
}

const reasons: Record<string, string> = { attempts: "Used up its tries", handler: "The handler gave up", worker: "Its worker died too often" };

export function reasonOf(reason: string): string {
  return reasons[reason] ?? reason;
}
