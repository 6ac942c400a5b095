// Keeps what a page shows in step with a live channel: at the first news at once, then at most every so often.
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { News } from "./live";
import { useLive } from "./react";

interface RefreshOptions {
  /** Shortest time between two refreshes. A busy night brings hundreds of facts a second; a person reads one a second. */
  everyMs?: number;
  onNews?: (news: News) => void;
}

/** Asks again for `keys` when `channel` has news. `null` listens to nothing. */
export function useRefresh(channel: string | null, keys: QueryKey[], { everyMs = 1_000, onNews }: RefreshOptions = {}): void {
  const queries = useQueryClient();
  const pace = useRef<{ timer: ReturnType<typeof setTimeout> | undefined; again: boolean }>({ timer: undefined, again: false });
  useEffect(() => {
    const { current } = pace;
    return () => clearTimeout(current.timer);
  }, []);

  const refresh = () => {
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
  };
  const soon = () => {
    const { current } = pace;
    if (current.timer !== undefined) {
      current.again = true;
      return;
    }
    refresh();
    current.timer = setTimeout(() => {
      current.timer = undefined;
      const { again } = current;
      current.again = false;
      if (again) soon();
    }, everyMs);
  };
  useLive(
    channel,
    (news) => {
      onNews?.(news);
      soon();
    },
    soon,
  );
}
