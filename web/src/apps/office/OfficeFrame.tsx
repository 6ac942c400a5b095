// The frame of every page of the office: which event, what can be looked at, who is signed in, and whether it is live.
import { useRouterState } from "@tanstack/react-router";
import { IconAdjustments, IconBuildingStore, IconCalendarEvent, IconChartBar, IconGlassFull, IconReceipt, IconTags, IconUsers, IconUsersGroup } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLiveState } from "@/api";
import { EventChooser, places, useEvent } from "@/rooms/events";
import { PersonMenu, useMay } from "@/rooms/people";
import { LiveBadge, PageFrame } from "@/ui";
import { usePlaces } from "@/ui/desk";

interface Way {
  label: string;
  icon: ReactNode;
  place: string;
  /** Lit for pages below it, too. */
  deep?: boolean;
}

const look = { size: 20, stroke: 1.7 } as const;

export function OfficeFrame({ children }: { children: ReactNode }) {
  const eventId = useEventId();
  const business = useBusinessWays();
  return eventId === null ? <Frame ways={business}>{children}</Frame> : <EventFrame eventId={eventId}>{children}</EventFrame>;
}

function EventFrame({ eventId, children }: { eventId: string; children: ReactNode }) {
  const event = useEvent(eventId).data;
  const may = useMay();
  const home = may("reports:read") ? places.overview : places.orders;
  const business = useBusinessWays();
  return (
    <Frame ways={[...useEventWays(eventId), ...business.filter((way) => way.place !== places.events)]} above={<EventChooser event={event} home={home} />}>
      {children}
    </Frame>
  );
}

function Frame({ ways, above, children }: { ways: Way[]; above?: ReactNode; children: ReactNode }) {
  const { href, go } = usePlaces();
  // The router tells the path without the app's own part in front.
  const here = useRouterState({ select: (state) => state.location.pathname });
  const live = useLiveState();
  const links = ways.map(({ label, icon, place, deep = false }) => {
    const active = here === place || (deep && here.startsWith(`${place}/`));
    return { label, icon, href: href(place), active, onFollow: () => go(place) };
  });
  const actions = (
    <>
      <LiveBadge state={live} />
      <PersonMenu />
    </>
  );
  return (
    <PageFrame name="Office" links={links} actions={actions} {...(above === undefined ? {} : { above })}>
      {children}
    </PageFrame>
  );
}

function useEventWays(eventId: string): Way[] {
  const may = useMay();
  return [
    ...(may("reports:read") ? [{ label: "Overview", icon: <IconChartBar {...look} />, place: places.overview(eventId) }] : []),
    { label: "Orders", icon: <IconReceipt {...look} />, place: places.orders(eventId), deep: true },
    { label: "Tabs", icon: <IconGlassFull {...look} />, place: places.tabs(eventId), deep: true },
    { label: "Menu", icon: <IconTags {...look} />, place: places.menu(eventId) },
    { label: "Guests", icon: <IconUsersGroup {...look} />, place: places.guests(eventId), deep: true },
    { label: "Stations and tills", icon: <IconBuildingStore {...look} />, place: places.stations(eventId) },
    { label: "Settings", icon: <IconAdjustments {...look} />, place: places.settings(eventId) },
  ];
}

function useBusinessWays(): Way[] {
  const may = useMay();
  return [
    { label: "Events", icon: <IconCalendarEvent {...look} />, place: places.events },
    ...(may("people:read") ? [{ label: "People", icon: <IconUsers {...look} />, place: places.people }] : []),
  ];
}

/** The event in the address, or null on pages of the business. */
function useEventId(): string | null {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return /\/events\/([^/]+)/.exec(path)?.[1] ?? null;
}
