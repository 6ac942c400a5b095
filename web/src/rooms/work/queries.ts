// What the console asks of the work engine, again and again while somebody looks, and what it changes.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { unwrap, useApi, useLive, useLiveState, type ConsoleOverview, type DayStep, type DeadLetterDetail, type ErrorGroup, type Queue, type QueueActivity, type QueueDetail } from "@/api";
import { plural } from "@/format";
import { useAct } from "@/ui/desk";

/** Only while the live connection is down: otherwise the server tells, once a second for all who watch. */
const LOOK_EVERY_MS = 2_000;

export function useLook() {
  const told = useLiveState() === "live";
  return { refetchInterval: told ? (false as const) : LOOK_EVERY_MS, staleTime: 500 };
}

/** What is asked again when the server tells how things are. */
const told = ["queues", "queue", "workers", "schedules", "topics", "errands", "breakers", "batches", "scaling", "key"];

/** Follows what the server tells all consoles: puts it where the overview is kept, and asks again for what is on the page. */
export function useEngineNews(): void {
  const queries = useQueryClient();
  const askAgain = () => {
    if (document.visibilityState === "hidden") return;
    for (const name of told) void queries.invalidateQueries({ queryKey: ["work", name] });
  };
  useLive(
    "console:overview",
    (news) => {
      queries.setQueryData(["work", "overview"], news.data);
      askAgain();
    },
    () => void queries.invalidateQueries({ queryKey: keys.all }),
  );
}

export const keys = { all: ["work"], dead: ["work", "dead"] };

export function useEngine() {
  const api = useApi();
  const look = useLook();
  return useQuery({ queryKey: ["work", "overview"], queryFn: (): Promise<ConsoleOverview> => unwrap(api.GET("/v1/console/overview")), ...look });
}

export function useQueues() {
  const api = useApi();
  const look = useLook();
  return useQuery({
    queryKey: ["work", "queues"],
    queryFn: async (): Promise<{ as_of_ms: number; items: Queue[] }> => {
      const list = await unwrap(api.GET("/v1/console/queues"));
      return { as_of_ms: list.as_of_ms, items: list.items };
    },
    ...look,
  });
}

const ACTIVITY_EVERY_MS = 15_000;

/** How busy each queue was lately, by its name. */
export function useActivity(): ReadonlyMap<string, QueueActivity> {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ["work", "activity"],
    queryFn: async (): Promise<QueueActivity[]> => (await unwrap(api.GET("/v1/console/activity"))).items,
    refetchInterval: ACTIVITY_EVERY_MS,
  });
  return useMemo(() => new Map((data ?? []).map((one) => [one.queue, one])), [data]);
}

export function useQueue(queue: string) {
  const api = useApi();
  const look = useLook();
  return useQuery({
    queryKey: ["work", "queue", queue],
    queryFn: async (): Promise<QueueDetail> => (await unwrap(api.GET("/v1/console/queues/{queue}", { params: { path: { queue } } }))) as QueueDetail,
    ...look,
  });
}

const DAY_EVERY_MS = 60_000;

/** The last 24 hours of a queue, or of all (""), in steps of five minutes; asked only while somebody looks at it. */
export function useDay(queue: string, enabled: boolean) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "day", queue],
    queryFn: async (): Promise<DayStep[]> => (await unwrap(api.GET("/v1/console/day", { params: { query: { queue } } }))).items,
    enabled,
    refetchInterval: DAY_EVERY_MS,
  });
}

export function useErrorGroups() {
  const api = useApi();
  return useQuery({ queryKey: [...keys.dead, "groups"], queryFn: async (): Promise<ErrorGroup[]> => (await unwrap(api.GET("/v1/console/dead/groups"))).items, refetchInterval: LOOK_EVERY_MS, staleTime: 500 });
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

export function useChanges(contains: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["work", "changes", contains],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/v1/console/changes", { params: { query: { ...(contains === "" ? {} : { contains }), ...(pageParam === undefined ? {} : { cursor: pageParam }) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 10_000,
  });
}

/** Pauses or resumes a queue; either can be taken back at once. */
export function usePauseAny() {
  const api = useApi();
  const set = ({ queue, paused }: { queue: string; paused: boolean }) => {
    const path = { params: { path: { queue } } };
    return paused ? unwrap(api.POST("/v1/console/queues/{queue}/pause", path)) : unwrap(api.POST("/v1/console/queues/{queue}/resume", path));
  };
  return useAct(set, { touches: [keys.all], done: (_, { queue, paused }) => ({ text: `${queue} is ${paused ? "paused" : "running"}.`, undo: () => set({ queue, paused: !paused }) }) });
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
