// What the console asks about single messages and about keys, and what it does with them.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Problem, unwrap, useApi, type KeyLook, type KeyPage, type MessageDetail, type MessageKin } from "@/api";
import { plural } from "@/format";
import { useAct } from "@/ui/desk";
import type { Words } from "./look";
import { keys, useLook } from "./queries";

const LOOK_EVERY_MS = 3_000;

/** A look costs the server something: it is not taken every second, and not again for what it cannot understand. */
export function useMessages(q: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["work", "messages", q],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/console/messages", { params: { query: { q, ...(pageParam === undefined ? {} : { cursor: pageParam }) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => (state.error instanceof Problem ? false : LOOK_EVERY_MS),
    retry: (count, error) => !(error instanceof Problem) && count < 3,
    placeholderData: keepPreviousData,
  });
}

const NO_WORDS: Words = { names: [], states: [], queues: [], tasks: [] };

/** What a search can be made of. */
export function useSearchWords(): Words {
  const api = useApi();
  const { data } = useQuery({ queryKey: ["work", "words"], queryFn: (): Promise<Words> => unwrap(api.GET("/v1/console/messages/words")), staleTime: 60_000 });
  return data ?? NO_WORDS;
}

export function useMessageCount(q: string) {
  const api = useApi();
  return useQuery({ queryKey: ["work", "count", q], queryFn: () => unwrap(api.GET("/v1/console/messages/count", { params: { query: { q } } })), staleTime: 0 });
}

export function useMessage(id: string, queue?: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "message", id],
    queryFn: (): Promise<MessageDetail> => unwrap(api.GET("/v1/console/messages/{message_id}", { params: { path: { message_id: id }, query: queue === undefined ? {} : { queue } } })),
    refetchInterval: LOOK_EVERY_MS,
  });
}

/** Looks through what waits, so it is asked less often. */
export function useKin(id: string, queue: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "kin", id],
    queryFn: (): Promise<MessageKin> => unwrap(api.GET("/v1/console/messages/{message_id}/kin", { params: { path: { message_id: id }, query: { queue } } })),
    refetchInterval: 15_000,
  });
}

export function useAsTest(id: string, queue: string) {
  const api = useApi();
  return useQuery({ queryKey: ["work", "test", id], queryFn: () => unwrap(api.GET("/v1/console/messages/{message_id}/test", { params: { path: { message_id: id }, query: { queue } } })) });
}

export function useKeys() {
  const api = useApi();
  return useQuery({ queryKey: ["work", "keys"], queryFn: async (): Promise<KeyLook[]> => (await unwrap(api.GET("/v1/console/keys"))).items, refetchInterval: LOOK_EVERY_MS });
}

export function useKey(queue: string, key: string) {
  const api = useApi();
  const look = useLook();
  return useQuery({
    queryKey: ["work", "key", queue, key],
    queryFn: (): Promise<KeyPage> => unwrap(api.GET("/v1/console/keys/one", { params: { query: { queue, key } } })),
    ...look,
  });
}

export function useRunNow(id: string, queue: string) {
  const api = useApi();
  const path = { params: { path: { message_id: id }, query: { queue } } };
  // What waited for a time can wait for it again, until it is claimed.
  const run = async (dueMs: number | null) => {
    await unwrap(api.POST("/v1/console/messages/{message_id}/run-now", path));
    return dueMs;
  };
  const back = (dueMs: number) => unwrap(api.POST("/v1/console/messages/{message_id}/snooze", { ...path, body: { ms: Math.max(1, dueMs - Date.now()) } }));
  return useAct(run, { touches: [keys.all], done: (dueMs) => (dueMs === null ? "It runs now." : { text: "It runs now.", undo: () => back(dueMs) }) });
}

export function useSnooze(id: string, queue: string, ready: boolean) {
  const api = useApi();
  const path = { params: { path: { message_id: id }, query: { queue } } };
  const snooze = (ms: number) => unwrap(api.POST("/v1/console/messages/{message_id}/snooze", { ...path, body: { ms } }));
  const back = () => unwrap(api.POST("/v1/console/messages/{message_id}/run-now", path));
  // One that was ready runs again; one that waited for another time is put off again by hand.
  return useAct(snooze, { touches: [keys.all], done: () => (ready ? { text: "It waits.", undo: back } : "It waits.") });
}

/** With the way back, which is there for a week; a batch has counted its members and does not take one back. */
export function useCancel(id: string, queue: string, ofBatch: boolean, onDone: () => void) {
  const api = useApi();
  const path = { params: { path: { message_id: id }, query: { queue } } };
  const back = () => unwrap(api.POST("/v1/console/messages/{message_id}/bring-back", { params: { path: { message_id: id } } }));
  return useAct(() => unwrap(api.POST("/v1/console/messages/{message_id}/cancel", path)), { touches: [keys.all], done: () => (ofBatch ? "Cancelled." : { text: "Cancelled.", undo: back }), onDone });
}

export function useBringBack(id: string) {
  const api = useApi();
  const back = () => unwrap(api.POST("/v1/console/messages/{message_id}/bring-back", { params: { path: { message_id: id } } }));
  return useAct(back, { touches: [keys.all], done: () => "It waits again." });
}

export function useDrainKey(queue: string, key: string) {
  const api = useApi();
  const drain = () => unwrap(api.POST("/v1/console/keys/drain", { body: { queue, key } }));
  return useAct(drain, { touches: [keys.all], done: ({ cancelled }) => `${plural(cancelled, "message")} cancelled.` });
}
