// What the console asks of the work engine, again and again while somebody looks, and what it changes.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type ConsoleOverview, type DeadLetterDetail, type EngineWorker, type ErrorGroup, type Queue, type QueueDetail, type Schedule } from "@/api";
import { plural } from "@/format";
import { useAct } from "@/ui/desk";
import { sentences } from "./words";

/** The server shares one look among all who watch, so this costs little; a hidden window does not ask at all. */
const LOOK_EVERY_MS = 2_000;
const live = { refetchInterval: LOOK_EVERY_MS, staleTime: 500 } as const;

const keys = { all: ["work"], dead: ["work", "dead"] };

export function useEngine() {
  const api = useApi();
  return useQuery({ queryKey: ["work", "overview"], queryFn: (): Promise<ConsoleOverview> => unwrap(api.GET("/v1/console/overview")), ...live });
}

export function useQueues() {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "queues"],
    queryFn: async (): Promise<{ as_of_ms: number; items: Queue[] }> => {
      const list = await unwrap(api.GET("/v1/console/queues"));
      return { as_of_ms: list.as_of_ms, items: list.items };
    },
    ...live,
  });
}

export function useQueue(queue: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "queue", queue],
    queryFn: async (): Promise<QueueDetail> => (await unwrap(api.GET("/v1/console/queues/{queue}", { params: { path: { queue } } }))) as QueueDetail,
    ...live,
  });
}

export function useErrorGroups() {
  const api = useApi();
  return useQuery({ queryKey: [...keys.dead, "groups"], queryFn: async (): Promise<ErrorGroup[]> => (await unwrap(api.GET("/v1/console/dead/groups"))).items, ...live });
}

export function useDeadLetters(queue: string | undefined) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: [...keys.dead, "list", queue ?? ""],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/v1/console/dead", { params: { query: { ...(queue === undefined ? {} : { queue }), ...(pageParam === undefined ? {} : { cursor: pageParam }) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
}

export function useDeadLetter(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: [...keys.dead, "one", id],
    queryFn: (): Promise<DeadLetterDetail> => unwrap(api.GET("/v1/console/dead/{letter_id}", { params: { path: { letter_id: id } } })),
  });
}

export function useWorkers() {
  const api = useApi();
  return useQuery({ queryKey: ["work", "workers"], queryFn: (): Promise<{ as_of_ms: number; items: EngineWorker[] }> => unwrap(api.GET("/v1/console/workers")), ...live });
}

export function useSchedules() {
  const api = useApi();
  return useQuery({ queryKey: ["work", "schedules"], queryFn: (): Promise<{ as_of_ms: number; items: Schedule[] }> => unwrap(api.GET("/v1/console/schedules")), ...live });
}

export function useChanges() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["work", "changes"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/console/changes", { params: { query: pageParam === undefined ? {} : { cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Pauses or resumes a queue; either can be taken back at once. */
export function usePauseQueue(queue: string) {
  const api = useApi();
  const path = { params: { path: { queue } } };
  const set = (paused: boolean) => (paused ? unwrap(api.POST("/v1/console/queues/{queue}/pause", path)) : unwrap(api.POST("/v1/console/queues/{queue}/resume", path)));
  return useAct(set, { touches: [keys.all], done: (_, paused) => ({ text: `${queue} is ${paused ? "paused" : "running"}.`, undo: () => set(!paused) }) });
}

/** Sends dead letters of a queue round again: all of them, or those that died of one error. */
export function useRetryMany(queue: string) {
  const api = useApi();
  const retry = async (fingerprint: string | undefined): Promise<number> => {
    let retried = 0;
    for (;;) {
      const answer = await unwrap(api.POST("/v1/console/dead/retry", { body: { queue, ...(fingerprint === undefined ? {} : { fingerprint }) } }));
      retried += answer.retried;
      if (!answer.more || answer.retried === 0) return retried;
    }
  };
  return useAct(retry, { touches: [keys.all], done: (retried) => sentences.retryAll(retried) });
}

export function useRetryOne(onDone?: () => void) {
  const api = useApi();
  const retry = (id: string) => unwrap(api.POST("/v1/console/dead/{letter_id}/retry", { params: { path: { letter_id: id } } }));
  return useAct(retry, { touches: [keys.all], done: (letter) => `${letter.task} goes round again.`, ...(onDone ? { onDone } : {}) });
}

export function useDiscardOne(onDone?: () => void) {
  const api = useApi();
  const discard = (id: string) => unwrap(api.POST("/v1/console/dead/{letter_id}/discard", { params: { path: { letter_id: id } } }));
  return useAct(discard, { touches: [keys.all], done: () => `${plural(1, "dead letter")} discarded.`, ...(onDone ? { onDone } : {}) });
}

/** Lets the messages behind a closed key go on without the one that closed it. */
export function useReleaseKey(queue: string) {
  const api = useApi();
  const release = (key: string) => unwrap(api.POST("/v1/console/queues/{queue}/release", { params: { path: { queue } }, body: { key } }));
  return useAct(release, { touches: [keys.all], done: (_, key) => `Messages of ${key} go on.` });
}
