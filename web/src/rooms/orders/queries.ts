// What is asked about orders.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Order } from "@/api";

export interface OrderFilters {
  q?: string;
  state?: "accepted" | "processed";
  flag?: string;
  station_id?: string;
}

/** The filters of an address, without those that are none of ours. */
export function filtersOf(search: Record<string, string>): OrderFilters {
  const { q, state, flag, station_id } = search;
  return {
    ...(q ? { q } : {}),
    ...(state === "accepted" || state === "processed" ? { state } : {}),
    ...(flag ? { flag } : {}),
    ...(station_id ? { station_id } : {}),
  };
}

export const keys = {
  ofEvent: (eventId: string) => ["orders", eventId],
  list: (eventId: string, filters: OrderFilters) => ["orders", eventId, "list", filters],
  ofTab: (tabId: string) => ["tab", tabId, "orders"],
  order: (id: string) => ["order", id],
  quarantine: (eventId: string) => ["quarantine", eventId],
};

export function useOrders(eventId: string, filters: OrderFilters) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.list(eventId, filters),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/v1/events/{event_id}/orders", { params: { path: { event_id: eventId }, query: { ...filters, ...(pageParam === undefined ? {} : { cursor: pageParam }) } } })),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
}

export function useOrdersOfTab(tabId: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.ofTab(tabId),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/tabs/{tab_id}/orders", { params: { path: { tab_id: tabId }, query: pageParam === undefined ? {} : { cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

export function useOrder(orderId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.order(orderId),
    queryFn: (): Promise<Order> => unwrap(api.GET("/v1/orders/{order_id}", { params: { path: { order_id: orderId } } })),
  });
}

export function useQuarantine(eventId: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.quarantine(eventId),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/v1/events/{event_id}/quarantine", { params: { path: { event_id: eventId }, query: pageParam === undefined ? {} : { cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}
