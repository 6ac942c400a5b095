// What the console asks about single messages and about keys, and what it does with them.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type KeyLook, type KeyPage, type MessageDetail } from "@/api";
import { plural } from "@/format";
import { useAct } from "@/ui/desk";
import { states, type Look, type MessageState } from "./look";
import { keys } from "./queries";

const LOOK_EVERY_MS = 3_000;

export function useMessages(look: Look) {
  const api = useApi();
  const { state, ...rest } = look;
  const known = states.find((one) => one === state);
  return useInfiniteQuery({
    queryKey: ["work", "messages", look],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam }) => {
      const query: { state?: MessageState; before_ms?: number } = { ...(known ? { state: known } : {}), ...(pageParam === undefined ? {} : { before_ms: pageParam }) };
      return unwrap(api.GET("/v1/console/messages", { params: { query: { ...rest, ...query } } }));
    },
    getNextPageParam: (page) => page.next_before_ms ?? undefined,
    refetchInterval: LOOK_EVERY_MS,
  });
}

export function useMessage(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "message", id],
    queryFn: (): Promise<MessageDetail> => unwrap(api.GET("/v1/console/messages/{message_id}", { params: { path: { message_id: id } } })),
    refetchInterval: LOOK_EVERY_MS,
  });
}

export function useKeys() {
  const api = useApi();
  return useQuery({ queryKey: ["work", "keys"], queryFn: async (): Promise<KeyLook[]> => (await unwrap(api.GET("/v1/console/keys"))).items, refetchInterval: LOOK_EVERY_MS });
}

export function useKey(queue: string, key: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "key", queue, key],
    queryFn: (): Promise<KeyPage> => unwrap(api.GET("/v1/console/keys/one", { params: { query: { queue, key } } })),
    refetchInterval: LOOK_EVERY_MS,
  });
}

export function useRunNow(id: string) {
  const api = useApi();
  const path = { params: { path: { message_id: id } } };
  return useAct(() => unwrap(api.POST("/v1/console/messages/{message_id}/run-now", path)), { touches: [keys.all], done: () => "It runs now." });
}

export function useSnooze(id: string) {
  const api = useApi();
  const path = { params: { path: { message_id: id } } };
  const snooze = (ms: number) => unwrap(api.POST("/v1/console/messages/{message_id}/snooze", { ...path, body: { ms } }));
  return useAct(snooze, { touches: [keys.all], done: () => "It waits." });
}

export function useCancel(id: string, onDone: () => void) {
  const api = useApi();
  const path = { params: { path: { message_id: id } } };
  return useAct(() => unwrap(api.POST("/v1/console/messages/{message_id}/cancel", path)), { touches: [keys.all], done: () => "Cancelled.", onDone });
}

export function useDrainKey(queue: string, key: string) {
  const api = useApi();
  const drain = () => unwrap(api.POST("/v1/console/keys/drain", { body: { queue, key } }));
  return useAct(drain, { touches: [keys.all], done: ({ cancelled }) => `${plural(cancelled, "message")} cancelled.` });
}
