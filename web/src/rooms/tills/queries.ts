// What a till asks the server: where it stands, what it sells, and whose tag was read.
import { useQuery } from "@tanstack/react-query";
import { Problem, unwrap, useApi, useLive, type Menu, type News } from "@/api";
import type { Outbox } from "./outbox";
import type { Priced } from "./sale";

export function useEvent(eventId: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["event", eventId],
    queryFn: () => unwrap(api.GET("/v1/events/{event_id}", { params: { path: { event_id: eventId } } })),
    staleTime: 600_000,
  });
}

export function useStationName(eventId: string, stationId: string): string | undefined {
  const api = useApi();
  const stations = useQuery({
    queryKey: ["event", eventId, "stations"],
    queryFn: () => unwrap(api.GET("/v1/events/{event_id}/stations", { params: { path: { event_id: eventId } } })),
    staleTime: 600_000,
    select: (page) => page.items.find((station) => station.id === stationId)?.name,
  });
  return stations.data;
}

/** The menu, looked at again every minute: prices change in the middle of a night. */
export function useMenu(eventId: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["event", eventId, "menu"],
    queryFn: (): Promise<Menu> => unwrap(api.GET("/v1/events/{event_id}/menu", { params: { path: { event_id: eventId } } })),
    refetchInterval: 60_000,
  });
}

export type TagOwner = { name: string } | "nobody";

/** Who wears the tag. Not knowing stops no sale: the server keeps the order for whoever the tag turns out to belong to. */
export function useTagOwner(eventId: string, uid: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: ["event", eventId, "tag", uid],
    enabled: uid !== null,
    staleTime: 60_000,
    queryFn: async (): Promise<TagOwner> => {
      try {
        const tag = await unwrap(api.GET("/v1/events/{event_id}/tags/{uid}", { params: { path: { event_id: eventId, uid: uid ?? "" } } }));
        return { name: tag.attendee.name };
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return "nobody";
        throw error;
      }
    },
  });
}

/** Follows this station, so that each sale of this till is seen to reach its tab. */
export function useStationNews(eventId: string, stationId: string, outbox: Outbox): void {
  const api = useApi();
  const catchUp = async () => {
    void outbox.send();
    if (!outbox.snapshot().some((sale) => sale.state === "accepted" || sale.state === "waiting")) return;
    const query = { station_id: stationId, state: "processed", limit: 200 } as const;
    const page = await unwrap(api.GET("/v1/events/{event_id}/orders", { params: { path: { event_id: eventId }, query } }));
    for (const order of page.items) outbox.hear({ order_id: order.id, receipt: order.receipt, flags: order.flags });
  };
  useLive(
    `station:${stationId}`,
    (news: News) => {
      if (news.kind === "order.priced") outbox.hear(news.data as Priced);
    },
    () => void catchUp().catch(() => undefined),
  );
}
