// The pages of the office by their addresses.
import { ModalsProvider } from "@mantine/modals";
import { createRootRoute, createRoute, createRouter, Navigate, Outlet, RouterProvider } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { Event } from "@/api";
import { EventSettingsPage, EventsPage, places, StationsPage } from "@/rooms/events";
import { GuestPage, GuestsPage } from "@/rooms/guests";
import { MenuPage } from "@/rooms/menu";
import { NeedsPersonPage, OrderPage, OrdersPage } from "@/rooms/orders";
import { PeoplePage, useMay } from "@/rooms/people";
import { OverviewPage } from "@/rooms/reports";
import { TabPage, TabsPage } from "@/rooms/tabs";
import { ErrorState } from "@/ui";
import { overPage, readSearch, usePlaces, writeSearch, type Address } from "@/ui/desk";
import { OfEvent } from "./OfEvent";
import { OfficeFrame } from "./OfficeFrame";
import { StartPage } from "./StartPage";

const root = createRootRoute({
  // Inside the router and the session, so that what opens over a page can use both.
  component: () => (
    <ModalsProvider modalProps={overPage}>
      <OfficeFrame>
        <Outlet />
      </OfficeFrame>
    </ModalsProvider>
  ),
  notFoundComponent: Nowhere,
});

function Nowhere() {
  const { go } = usePlaces();
  return <ErrorState title="There is no such page" detail="The address may be old, or mistyped." action="To all events" onAction={() => go(places.events)} />;
}

function Events() {
  const may = useMay();
  return <EventsPage home={may("reports:read") ? places.overview : places.orders} />;
}

function page(path: string, component: () => ReactNode) {
  return createRoute({ getParentRoute: () => root, path, component });
}

/** A page about one event, below /events/<id>. */
function ofEvent(path: string, render: (event: Event, address: Address) => ReactNode) {
  return page(`/events/$eventId${path}`, () => <OfEvent page={render} />);
}

/** Whoever has just come through the door may still have its address. */
const ToEvents = () => <Navigate to="/" replace />;

const routeTree = root.addChildren([
  page("/", Events),
  page("/start", StartPage),
  page("/people", PeoplePage),
  page("/sign-in", ToEvents),
  page("/sign-up", ToEvents),
  ofEvent("", (event) => <OverviewPage event={event} />),
  ofEvent("/orders", (event, { search, narrow }) => <OrdersPage event={event} search={search} onSearch={narrow} />),
  ofEvent("/orders/$orderId", (event, { part }) => <OrderPage key={part("orderId")} event={event} orderId={part("orderId")} />),
  ofEvent("/needs-a-person", (event) => <NeedsPersonPage event={event} />),
  ofEvent("/tabs", (event, { search, narrow }) => <TabsPage event={event} search={search} onSearch={narrow} />),
  ofEvent("/tabs/$tabId", (event, { part }) => <TabPage key={part("tabId")} event={event} tabId={part("tabId")} />),
  ofEvent("/menu", (event) => <MenuPage event={event} />),
  ofEvent("/guests", (event, { search, narrow }) => <GuestsPage event={event} q={search["q"] ?? ""} onSearch={(q) => narrow({ q })} />),
  ofEvent("/guests/$attendeeId", (event, { part }) => <GuestPage key={part("attendeeId")} event={event} attendeeId={part("attendeeId")} />),
  ofEvent("/stations", (event) => <StationsPage event={event} />),
  ofEvent("/settings", (event) => <EventSettingsPage event={event} />),
]);

export function OfficeRoutes() {
  const [router] = useState(() => createRouter({ routeTree, basepath: "/office", scrollRestoration: true, parseSearch: readSearch, stringifySearch: writeSearch }));
  return <RouterProvider router={router} />;
}
