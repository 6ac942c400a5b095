// What is asked about events, stations and tills, and what is changed.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type DeviceRow, type Event, type Station, type Venue } from "@/api";
import { useAct } from "@/ui/desk";

export const keys = {
  events: ["events"],
  event: (id: string) => ["events", id],
  stations: (id: string) => ["stations", id],
  devices: (id: string) => ["devices", id],
  venues: ["venues"],
};

export function useEvents() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.events,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/events", { params: { query: pageParam === undefined ? {} : { cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

export function useEvent(eventId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.event(eventId),
    queryFn: (): Promise<Event> => unwrap(api.GET("/v1/events/{event_id}", { params: { path: { event_id: eventId } } })),
    staleTime: 60_000,
  });
}

export function useStations(eventId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.stations(eventId),
    queryFn: async (): Promise<Station[]> => (await unwrap(api.GET("/v1/events/{event_id}/stations", { params: { path: { event_id: eventId } } }))).items,
    staleTime: 60_000,
  });
}

/** Tills of an event, newest first. `everyMs` asks again and again: while one waits for a till to be paired. */
export function useDevices(eventId: string, everyMs?: number) {
  const api = useApi();
  return useQuery({
    queryKey: keys.devices(eventId),
    queryFn: async (): Promise<DeviceRow[]> => {
      const page = await unwrap(api.GET("/v1/devices", { params: { query: { event_id: eventId, limit: 200 } } }));
      return page.items.toReversed();
    },
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
}

export function useVenues() {
  const api = useApi();
  return useQuery({
    queryKey: keys.venues,
    queryFn: async (): Promise<Venue[]> => (await unwrap(api.GET("/v1/venues", { params: { query: { limit: 200 } } }))).items,
  });
}

export interface EventPlan {
  name: string;
  /** The name of a venue: one that is there, or a new one. */
  venue: string;
  starts_ms: number;
  ends_ms: number;
  time_zone: string;
  currency: string;
  prices_include_tax: boolean;
}

/** Plans an event, with its venue when that is new; opens it when `open`. */
export function usePlanEvent(open: boolean, onDone: (event: Event) => void) {
  const api = useApi();
  const plan = async ({ venue, ...plan }: EventPlan): Promise<Event> => {
    const known = await unwrap(api.GET("/v1/venues", { params: { query: { limit: 200 } } }));
    const same = known.items.find((one) => one.name.toLowerCase() === venue.trim().toLowerCase());
    const place = same ?? (await unwrap(api.POST("/v1/venues", { body: { name: venue.trim(), time_zone: plan.time_zone } })));
    const event = await unwrap(api.POST("/v1/events", { body: { ...plan, venue_id: place.id } }));
    return open ? unwrap(api.PATCH("/v1/events/{event_id}", { params: { path: { event_id: event.id } }, body: { state: "open" } })) : event;
  };
  return useAct(plan, { quiet: true, touches: [keys.events, keys.venues], onDone });
}

interface EventChange {
  name?: string;
  starts_ms?: number;
  ends_ms?: number;
  time_zone?: string;
  prices_include_tax?: boolean;
  rounding_scope?: Event["rounding_scope"];
  state?: Event["state"];
}

export function useChangeEvent(event: Event, done: (after: Event) => string) {
  const api = useApi();
  const change = (body: EventChange) => unwrap(api.PATCH("/v1/events/{event_id}", { params: { path: { event_id: event.id } }, body }));
  return useAct(change, { touches: [keys.events], done });
}

export function useAddStation(eventId: string, onDone: (station: Station) => void) {
  const api = useApi();
  const add = (body: { name: string; kind: Station["kind"] }) => unwrap(api.POST("/v1/events/{event_id}/stations", { params: { path: { event_id: eventId } }, body }));
  return useAct(add, { quiet: true, touches: [keys.stations(eventId)], onDone });
}

export function useChangeStation(station: Station, onDone: () => void) {
  const api = useApi();
  const change = (body: { name: string; kind: Station["kind"] }) => unwrap(api.PATCH("/v1/stations/{station_id}", { params: { path: { station_id: station.id } }, body }));
  return useAct(change, { quiet: true, touches: [keys.stations(station.event_id)], onDone });
}

export function usePairingCode(eventId: string) {
  const api = useApi();
  return (station: Station, name: string) =>
    unwrap(api.POST("/v1/events/{event_id}/pairing-codes", { params: { path: { event_id: eventId } }, body: { station_id: station.id, name } }));
}

export function useRevoke(eventId: string) {
  const api = useApi();
  return useAct((device: DeviceRow) => unwrap(api.POST("/v1/devices/{device_id}/revoke", { params: { path: { device_id: device.id } } })), {
    touches: [keys.devices(eventId)],
    done: (_, device) => `${device.name} is unpaired.`,
  });
}
