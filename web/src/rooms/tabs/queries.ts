// What the office asks about tabs, and what it changes.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Tab } from "@/api";
import { useAct } from "@/ui/desk";
import { tabStates } from "./words";

export interface TabFilters {
  q?: string;
  state?: Tab["state"];
}

/** The filters of an address, without those that are none of ours. */
export function filtersOf({ q, state }: Record<string, string>): TabFilters {
  return { ...(q ? { q } : {}), ...(state === "open" || state === "closing" || state === "closed" ? { state } : {}) };
}

export const keys = {
  ofEvent: (eventId: string) => ["tabs", eventId],
  list: (eventId: string, filters: TabFilters) => ["tabs", eventId, filters],
  tab: (id: string) => ["tab", id],
};

export function useTabs(eventId: string, filters: TabFilters) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.list(eventId, filters),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/v1/events/{event_id}/tabs", { params: { path: { event_id: eventId }, query: { ...filters, ...(pageParam === undefined ? {} : { cursor: pageParam }) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
}

export function useTab(tabId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.tab(tabId),
    queryFn: (): Promise<Tab> => unwrap(api.GET("/v1/tabs/{tab_id}", { params: { path: { tab_id: tabId } } })),
  });
}

export function useMoveTab(tab: Tab) {
  const api = useApi();
  const move = (state: Tab["state"]) => unwrap(api.PATCH("/v1/tabs/{tab_id}", { params: { path: { tab_id: tab.id } }, body: { state, version: tab.version } }));
  return useAct(move, {
    touches: [keys.tab(tab.id), keys.ofEvent(tab.event_id)],
    done: (after) => `The tab of ${after.label} is ${tabStates[after.state].label.toLowerCase()}.`,
  });
}

export function useMakeLink(tabId: string) {
  const api = useApi();
  return () => unwrap(api.POST("/v1/tabs/{tab_id}/link", { params: { path: { tab_id: tabId } } }));
}
