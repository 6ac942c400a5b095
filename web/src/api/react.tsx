// How components reach the server: one context with the client and the live connection, and hooks for channels.
import { QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useEffectEvent, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { createApi, type Api, type Credentials } from "./client";
import { Live, type LiveState, type News } from "./live";
import { Unreachable } from "./problem";

interface Connection {
  api: Api;
  live: Live;
}

const ConnectionContext = createContext<Connection | null>(null);

/** Opens the client and the live connection for these credentials; closes the connection when it goes away. */
export function ConnectionProvider({ credentials, children }: { credentials: Credentials; children: ReactNode }) {
  const connection = useMemo(() => connect(credentials), [credentials]);
  useEffect(() => attend(connection.live), [connection]);
  return <ConnectionContext value={connection}>{children}</ConnectionContext>;
}

function connect(credentials: Credentials): Connection {
  const url = `${location.origin.replace(/^http/, "ws")}/v1/live`;
  return {
    api: createApi(credentials),
    live: new Live({ url, token: () => credentials.token(), renew: (stale) => credentials.renew(stale) }),
  };
}

/** A socket that slept longer than this with its phone is not trusted any more. */
const TRUSTED_SLEEP_MS = 20_000;

function attend(live: Live): () => void {
  let hiddenAt = 0;
  const up = () => live.wake();
  const down = () => live.sleep();
  const seen = () => {
    if (document.visibilityState === "hidden") hiddenAt = Date.now();
    else if (live.snapshot() !== "live" || Date.now() - hiddenAt > TRUSTED_SLEEP_MS) live.wake();
  };
  window.addEventListener("online", up);
  window.addEventListener("offline", down);
  document.addEventListener("visibilitychange", seen);
  live.start();
  return () => {
    window.removeEventListener("online", up);
    window.removeEventListener("offline", down);
    document.removeEventListener("visibilitychange", seen);
    live.stop();
  };
}

function useConnection(): Connection {
  const connection = use(ConnectionContext);
  if (!connection) throw new Error("useApi and useLive need a ConnectionProvider above them");
  return connection;
}

export function useApi(): Api {
  return useConnection().api;
}

export function useLiveState(): LiveState {
  const { live } = useConnection();
  return useSyncExternalStore(live.subscribeState, live.snapshot);
}

/** Listens to a channel while the component is there. `null` listens to nothing. */
export function useLive(channel: string | null, onNews: (news: News) => void, onReset: () => void): void {
  const { live } = useConnection();
  const news = useEffectEvent(onNews);
  const reset = useEffectEvent(onReset);
  useEffect(() => {
    if (channel === null) return;
    return live.subscribe(channel, { onNews: (item) => news(item), onReset: () => reset() });
  }, [live, channel]);
}

/** A query cache that tries again only when nobody answered: a refusal stays a refusal. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) => error instanceof Unreachable && count < 4,
        retryDelay: (count) => Math.min(4_000, 400 * 2 ** count),
      },
      mutations: { retry: false },
    },
  });
}
