// What the console asks about schedules and topics, and what it does with a schedule.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Schedule, type ScheduleDetail, type TopicFigures } from "@/api";
import { useAct } from "@/ui/desk";
import { keys, useLook } from "./queries";

export function useSchedules() {
  const api = useApi();
  const look = useLook();
  return useQuery({ queryKey: ["work", "schedules"], queryFn: (): Promise<{ as_of_ms: number; items: Schedule[] }> => unwrap(api.GET("/v1/console/schedules")), ...look });
}

export function useSchedule(name: string) {
  const api = useApi();
  const look = useLook();
  return useQuery({
    queryKey: ["work", "schedules", name],
    queryFn: (): Promise<ScheduleDetail> => unwrap(api.GET("/v1/console/schedules/{schedule}", { params: { path: { schedule: name } } })),
    ...look,
  });
}

export function useTopics() {
  const api = useApi();
  const look = useLook();
  return useQuery({ queryKey: ["work", "topics"], queryFn: async (): Promise<{ as_of_ms: number; items: TopicFigures[] }> => (await unwrap(api.GET("/v1/console/topics"))) as { as_of_ms: number; items: TopicFigures[] }, ...look });
}

export function useScheduleDeeds(name: string) {
  const api = useApi();
  const path = { params: { path: { schedule: name } } };
  const set = (paused: boolean) => (paused ? unwrap(api.POST("/v1/console/schedules/{schedule}/pause", path)) : unwrap(api.POST("/v1/console/schedules/{schedule}/resume", path)));
  return {
    run: useAct(() => unwrap(api.POST("/v1/console/schedules/{schedule}/run-now", path)), { touches: [keys.all], done: () => `${name} runs as soon as a worker sees it.` }),
    pause: useAct(set, { touches: [keys.all], done: (_, paused) => ({ text: `${name} is ${paused ? "paused" : "running"}.`, undo: () => set(!paused) }) }),
  };
}
