// What is asked about guests and their tags, and what is changed.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { unwrap, useApi, type Attendee } from "@/api";
import { useAct } from "@/ui/desk";

export const keys = {
  ofEvent: (eventId: string) => ["guests", eventId],
  list: (eventId: string, q: string) => ["guests", eventId, q],
  guest: (id: string) => ["guest", id],
};

export function useGuests(eventId: string, q: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.list(eventId, q),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/events/{event_id}/attendees", { params: { path: { event_id: eventId }, query: { ...(q === "" ? {} : { q }), ...(pageParam === undefined ? {} : { cursor: pageParam }) } } }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
}

export function useGuest(attendeeId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.guest(attendeeId),
    queryFn: (): Promise<Attendee> => unwrap(api.GET("/v1/attendees/{attendee_id}", { params: { path: { attendee_id: attendeeId } } })),
  });
}

export interface GuestValues {
  name: string;
  email: string;
  phone: string;
  tag: string;
}

/** Adds a guest, and binds a tag at once when one is given. `tell` says so on the page. */
export function useAddGuest(eventId: string, onDone: (guest: Attendee) => void, tell = true) {
  const api = useApi();
  const made = useRef<Attendee | null>(null);
  const add = async ({ name, email, phone, tag }: GuestValues): Promise<Attendee> => {
    // A tag that was refused must not make the same guest twice.
    const body = { name, email: email || null, phone: phone || null };
    const guest = made.current ?? (await unwrap(api.POST("/v1/events/{event_id}/attendees", { params: { path: { event_id: eventId } }, body })));
    made.current = guest;
    if (tag.trim() === "") return guest;
    return unwrap(api.POST("/v1/attendees/{attendee_id}/tags", { params: { path: { attendee_id: guest.id } }, body: { uid: tag } }));
  };
  return useAct(add, { quiet: true, touches: [keys.ofEvent(eventId)], onDone, done: (guest) => (tell ? `${guest.name} is on the list.` : null) });
}

export function useBindTag(guest: Attendee, onDone: () => void) {
  const api = useApi();
  const bind = (uid: string) => unwrap(api.POST("/v1/attendees/{attendee_id}/tags", { params: { path: { attendee_id: guest.id } }, body: { uid } }));
  return useAct(bind, { quiet: true, touches: [keys.guest(guest.id), keys.ofEvent(guest.event_id)], onDone });
}

/** Takes a tag off; for a few seconds it can be put back. */
export function useReleaseTag(guest: Attendee) {
  const api = useApi();
  const release = (uid: string) => unwrap(api.DELETE("/v1/tags/{uid}", { params: { path: { uid }, query: { event_id: guest.event_id } } }));
  const bind = (uid: string) => unwrap(api.POST("/v1/attendees/{attendee_id}/tags", { params: { path: { attendee_id: guest.id } }, body: { uid } }));
  return useAct(release, {
    touches: [keys.guest(guest.id), keys.ofEvent(guest.event_id)],
    done: (_, uid) => ({ text: `${uid} is off ${guest.name}.`, undo: () => bind(uid) }),
  });
}
