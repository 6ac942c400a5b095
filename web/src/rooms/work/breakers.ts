// Breakers: what the console asks and does about them, and how they stand in words.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Breaker, type BreakerDetail } from "@/api";
import { formatTime, plural } from "@/format";
import { useAct, type Tone } from "@/ui/desk";
import { keys, useLook } from "./queries";

export function useBreakers() {
  const api = useApi();
  const look = useLook();
  return useQuery({ queryKey: ["work", "breakers"], queryFn: (): Promise<{ as_of_ms: number; items: Breaker[] }> => unwrap(api.GET("/v1/console/breakers")), ...look });
}

export function useBreaker(breaker: string) {
  const api = useApi();
  const look = useLook();
  return useQuery({
    queryKey: ["work", "breakers", breaker],
    queryFn: (): Promise<BreakerDetail> => unwrap(api.GET("/v1/console/breakers/{breaker}", { params: { path: { breaker } } })),
    ...look,
  });
}

export type Force = "open" | "close" | "reset";

/** Holds a breaker, or one line of it, open or closed whatever happens, or takes that back. */
export function useForceBreaker(breaker: string, line: string | null = null) {
  const api = useApi();
  const path = { params: { path: { breaker }, query: line === null ? {} : { line } } };
  const force = (to: Force) => {
    if (to === "open") return unwrap(api.POST("/v1/console/breakers/{breaker}/open", path));
    return to === "close" ? unwrap(api.POST("/v1/console/breakers/{breaker}/close", path)) : unwrap(api.POST("/v1/console/breakers/{breaker}/reset", path));
  };
  return useAct(force, { touches: [keys.all], done: () => `${line ?? breaker} is as you said.` });
}

export function breakerState(breaker: Breaker): { tone: Tone; label: string } {
  const state = breaker.forced ?? breaker.state;
  const label = state === "open" ? "Open" : "Closed";
  return { tone: state === "open" ? "bad" : breaker.failures > 0 ? "busy" : "good", label: breaker.forced ? `${label}, by hand` : label };
}

/** What comes next; empty when nothing does. */
export function nextOfBreaker(breaker: Breaker): string {
  if (breaker.forced !== null) return "until somebody lets it go";
  if (breaker.by_line && breaker.line === null) return "each line by itself";
  if (breaker.state === "open") return `next probe ${formatTime(breaker.until_ms, "seconds")}`;
  return breaker.failures > 0 ? `${plural(breaker.failures, "failure")} of ${breaker.failures_max}` : "";
}

/** Since when it is so, if it is anything but closed by itself, and what comes next. */
export function aboutBreaker(breaker: Breaker): string {
  const since = breaker.forced !== null || breaker.state === "open" ? `since ${formatTime(breaker.changed_ms, "moment")}, ` : "";
  return `${since}${nextOfBreaker(breaker)}`;
}
