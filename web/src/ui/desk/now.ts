// The time as a page knows it: fixed while it renders, moved on by itself every so often.
import { useSyncExternalStore } from "react";

const TICK_MS = 1_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds since 1970, rounded down to `stepMs`: the component renders again only when that changes. */
export function useNow(stepMs = TICK_MS): number {
  return useSyncExternalStore(subscribe, () => (timer === undefined ? refreshed(stepMs) : now - (now % stepMs)));
}

/** Nobody keeps the time yet: look once, so that a page opened an hour later does not show the old hour. */
function refreshed(stepMs: number): number {
  const fresh = Date.now();
  if (fresh - now > TICK_MS) now = fresh;
  return now - (now % stepMs);
}
