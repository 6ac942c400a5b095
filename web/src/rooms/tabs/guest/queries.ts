// What a guest's phone asks the server, and how live news changes what it already knows.
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { unwrap, useApi, useLive, type Event, type News, type Tab } from "@/api";
import { listed, newestFirst, ordersAfter, tabAfter, type GuestOrder, type OrderPriced } from "./news";

/** As many orders as one page shows; nobody scrolls further back on a phone at a bar. */
const ORDERS_MAX = 200;

const keys = {
  event: (id: string) => ["event", id],
  stations: (id: string) => ["event", id, "stations"],
  tab: (id: string) => ["tab", id],
  orders: (id: string) => ["tab", id, "orders"],
};

export function useEvent(eventId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.event(eventId),
    queryFn: (): Promise<Event> => unwrap(api.GET("/v1/events/{event_id}", { params: { path: { event_id: eventId } } })),
    staleTime: 600_000,
  });
}

/** The names of the event's stations by id. */
export function useStationNames(eventId: string): ReadonlyMap<string, string> | undefined {
  const api = useApi();
  const stations = useQuery({
    queryKey: keys.stations(eventId),
    queryFn: () => unwrap(api.GET("/v1/events/{event_id}/stations", { params: { path: { event_id: eventId } } })),
    staleTime: 600_000,
    select: (page) => new Map(page.items.map((station) => [station.id, station.name])),
  });
  return stations.data;
}

export function useTab(tabId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.tab(tabId),
    queryFn: (): Promise<Tab> => unwrap(api.GET("/v1/tabs/{tab_id}", { params: { path: { tab_id: tabId } } })),
  });
}

export function useTabOrders(tabId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.orders(tabId),
    queryFn: async (): Promise<GuestOrder[]> => {
      const page = await unwrap(api.GET("/v1/tabs/{tab_id}/orders", { params: { path: { tab_id: tabId }, query: { limit: ORDERS_MAX } } }));
      return newestFirst(page.items.map(listed));
    },
  });
}

/** Keeps the tab and its orders in step with the live channel; calls `onArrival` for each order that is new to this page. */
export function useTabNews(tabId: string, onArrival: (news: OrderPriced) => void): void {
  const queries = useQueryClient();
  useLive(
    `tab:${tabId}`,
    (news: News) => {
      if (news.kind === "order.priced") hearOrder(queries, tabId, news.data as OrderPriced, onArrival);
      else void queries.invalidateQueries({ queryKey: keys.tab(tabId) });
    },
    () => void queries.invalidateQueries({ queryKey: keys.tab(tabId) }),
  );
}

function hearOrder(queries: QueryClient, tabId: string, news: OrderPriced, onArrival: (news: OrderPriced) => void): void {
  queries.setQueryData<Tab>(keys.tab(tabId), (tab) => tab && tabAfter(tab, news));
  const known = queries.getQueryData<GuestOrder[]>(keys.orders(tabId));
  if (!known) return;
  const { orders, arrived } = ordersAfter(known, news);
  queries.setQueryData(keys.orders(tabId), orders);
  if (arrived) onArrival(news);
  // The order itself says more than its news: fetch it behind what is already on the screen.
  void queries.invalidateQueries({ queryKey: keys.orders(tabId) });
}
