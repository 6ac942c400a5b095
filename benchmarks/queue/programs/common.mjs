// What every measured Node program shares; the protocol is told in common.py, and this does the same.
import { createInterface } from "node:readline";

export const seconds = () => Number(process.hrtime.bigint()) / 1e9; // CLOCK_MONOTONIC
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
export const CHUNK = 1000;
const FLAT_OUT = 500;
const ORDER = "0197f2c0-0000-7000-8000-000000000000";
const BUSY = "b197f2c0-0000-7000-8000-000000000000";
const NOTE = "x".repeat(116);
const TENANTS = 10_000, KEYS = 10_000;

export function makeItem(shape, n) {
  const item = { payload: { order: ORDER, sent: 0, note: NOTE }, key: null, tenant: null };
  if (shape === "keyed") {
    item.key = n % 2 ? `key-${n % KEYS}` : "busy";
    if (n % 2 === 0) item.payload.order = BUSY;
  } else if (shape === "tenants") item.tenant = n % 10 ? "tenant-0" : `tenant-${1 + (Math.floor(n / 10) % (TENANTS - 1))}`;
  else if (shape === "calm") item.tenant = `tenant-${1 + (n % (TENANTS - 1))}`;
  else if (shape === "quiet") item.tenant = `tenant-${1 + Math.floor(Math.random() * (TENANTS - 1))}`;
  return item;
}

export class Counter {
  first = 0; last = 0; firstN = 0; done = 0; others = 0; lastOther = 0; waits = []; frozen = null;
  freeze() { this.frozen = [this.last, this.done]; }
  ran(sent, order = "b") {
    this.last = seconds();
    if (!this.done) { this.first = this.last; this.firstN = 1; }
    this.done++;
    if (order[0] !== "b") { this.others++; this.lastOther = this.last; }
    if (sent) this.waits.push(this.last - sent);
  }
  result() {
    const waits = this.waits.map((wait) => Math.round(wait * 1e6) / 1e3);
    const { first, done, others } = this;
    const [last, counted] = this.frozen ?? [this.last, this.done];
    return { first, last, counted, first_n: this.firstN, done, others, last_other: this.lastOther, waits_ms: waits };
  }
}

async function one(peer, options) {
  const began = seconds();
  for (let n = 0; n < options.count; n++) await peer.one(makeItem(options.shape, n));
  return { per_s: options.count / (seconds() - began) };
}

async function bulk(peer, options) {
  const items = Array.from({ length: options.count }, (_, n) => makeItem(options.shape, n));
  const began = seconds();
  for (let start = 0; start < items.length; start += CHUNK) await peer.many(items.slice(start, start + CHUNK));
  return { per_s: options.count / (seconds() - began) };
}

async function callers(peer, options) {
  let next = 0;
  const call = async () => {
    while (next < options.count) await peer.one(makeItem(options.shape, next++));
  };
  const began = seconds();
  await Promise.all(Array.from({ length: options.callers }, call));
  return { per_s: options.count / (seconds() - began) };
}

async function produce(peer, options) {
  const { rate, seconds: until, shape } = options;
  say({ started: true });
  const began = seconds();
  let sent = 0, late = 0, now;
  while ((now = seconds() - began) < until) {
    const due = rate ? Math.floor(now * rate) - sent : FLAT_OUT;
    if (due <= 0) { await pause(Math.min(5, Math.max(0, ((sent + 1) / rate - now) * 1000))); continue; }
    const items = Array.from({ length: Math.min(due, CHUNK) }, (_, n) => makeItem(shape, sent + n));
    if (rate) for (const item of items) item.payload.sent = seconds();
    if (rate && rate <= 200) {
      for (const item of items) { item.payload.sent = seconds(); await peer.one(item); }
    } else await peer.many(items);
    sent += items.length;
    late = Math.max(late, due);
  }
  return { sent, per_s: sent / (seconds() - began), most_due_at_once: late };
}

async function work(peer) {
  const counter = new Counter();
  const lines = createInterface({ input: process.stdin });
  let begin, end;
  const begun = new Promise((resolve) => (begin = resolve)), ended = new Promise((resolve) => (end = resolve));
  lines.on("line", begin);
  lines.on("close", () => { counter.freeze(); end(); });
  say({ ready: true });
  await begun;
  let said = 0;
  const timer = setInterval(() => counter.done !== said && say({ done: (said = counter.done) }), 50);
  await peer.work(counter, ended);
  clearInterval(timer);
  return counter.result();
}

export async function run(Peer) {
  const [url, verb, text] = process.argv.slice(2);
  const options = { count: 0, shape: "plain", rate: 0, seconds: 0, callers: 1, queues: 1, settings: {}, ...JSON.parse(text) };
  const peer = new Peer(url, options);
  if (verb === "install") { await peer.install(); say({}); process.exit(0); }
  await peer.open();
  const verbs = { one, bulk, callers, produce, work, left: async () => ({ left: await peer.left() }) };
  const result = await verbs[verb](peer, options);
  await peer.close();
  process.stdout.write(JSON.stringify(result) + "\n", () => process.exit(0));
}
