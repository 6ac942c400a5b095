// The numbers of an event, kept live.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Overview } from "@/api";
import { useRefresh } from "@/api/refresh";

export const overviewKey = (eventId: string) => ["overview", eventId];

/** Looks by itself now and then too: minutes without a sale move the chart as well. */
const QUIET_LOOK_MS = 15_000;

export function useOverview(eventId: string) {
  const api = useApi();
  useRefresh(`event:${eventId}`, [overviewKey(eventId)], { everyMs: 1_000 });
  return useQuery({
    queryKey: overviewKey(eventId),
    queryFn: (): Promise<Overview> => unwrap(api.GET("/v1/events/{event_id}/overview", { params: { path: { event_id: eventId } } })),
    refetchInterval: QUIET_LOOK_MS,
    staleTime: 500,
  });
}
