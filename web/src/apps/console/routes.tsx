// The pages of the console by their addresses.
import { ModalsProvider } from "@mantine/modals";
import { createRootRoute, createRoute, createRouter, Navigate, Outlet, RouterProvider } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { accessWords, useAccess, useMay } from "@/rooms/people";
import { BatchesPage, BreakerPage, BreakersPage, ChangesPage, DeadPage, EnginePage, ErrandsPage, KeyPage, KeysPage, LetterPage, MessagePage, MessagesPage, QueuePage, QueuesPage, ScalingPage, SchedulePage, SchedulesPage, TenantPage, TenantsPage, TopicsPage, UsagePage, WorkerPage, WorkersPage, workPlaces } from "@/rooms/work";
import { ErrorState } from "@/ui";
import { overPage, readSearch, useAddress, usePlaces, writeSearch } from "@/ui/desk";
import { ConsoleFrame } from "./ConsoleFrame";

const root = createRootRoute({
  // Inside the router and the session, so that what opens over a page can use both.
  component: () => (
    <ModalsProvider modalProps={overPage}>
      <ConsoleFrame>
        <Outlet />
      </ConsoleFrame>
    </ModalsProvider>
  ),
  notFoundComponent: Nowhere,
});

function Nowhere() {
  const { go } = usePlaces();
  return <ErrorState title="There is no such page" detail="The address may be old, or mistyped." action="To the overview" onAction={() => go(workPlaces.overview)} />;
}

function page(path: string, component: () => ReactNode) {
  return createRoute({ getParentRoute: () => root, path, component });
}

function OneQueue() {
  const name = useAddress().search["name"] ?? "";
  return <QueuePage key={name} name={name} />;
}

function OneLetter() {
  const id = useAddress().part("letterId");
  return <LetterPage key={id} id={id} />;
}

function OneMessage() {
  const { part, search } = useAddress();
  const id = part("messageId");
  return <MessagePage key={id} id={id} queue={search["queue"]} />;
}

function OneKey() {
  const { queue = "", key = "" } = useAddress().search;
  return <KeyPage key={`${queue} ${key}`} queue={queue} name={key} />;
}

function OneBreaker() {
  const name = useAddress().search["name"] ?? "";
  return <BreakerPage key={name} name={name} />;
}

function OneSchedule() {
  const name = useAddress().search["name"] ?? "";
  return <SchedulePage key={name} name={name} />;
}

function OneTenant() {
  const name = useAddress().search["name"] ?? "";
  return <TenantPage key={name} name={name} />;
}

function OneWorker() {
  const id = useAddress().search["id"] ?? "";
  return <WorkerPage key={id} id={id} />;
}

const routeTree = root.addChildren([
  page("/", EnginePage),
  page("/queues", QueuesPage),
  page("/queues/one", OneQueue),
  page("/dead", DeadPage),
  page("/dead/$letterId", OneLetter),
  page("/messages", MessagesPage),
  page("/messages/$messageId", OneMessage),
  page("/keys", KeysPage),
  page("/keys/one", OneKey),
  page("/breakers", BreakersPage),
  page("/breakers/one", OneBreaker),
  page("/batches", BatchesPage),
  page("/usage", UsagePage),
  page("/scaling", ScalingPage),
  page("/workers", WorkersPage),
  page("/workers/one", OneWorker),
  page("/schedules", SchedulesPage),
  page("/schedules/one", OneSchedule),
  page("/tenants", TenantsPage),
  page("/tenants/one", OneTenant),
  page("/topics", TopicsPage),
  page("/errands", ErrandsPage),
  page("/changes", ChangesPage),
  page("/sign-in", () => <Navigate to="/" replace />),
]);

export function ConsoleRoutes() {
  const may = useMay();
  const { person } = useAccess();
  const [router] = useState(() => createRouter({ routeTree, basepath: "/console", scrollRestoration: true, parseSearch: readSearch, stringifySearch: writeSearch }));
  if (!may("console:read")) return <ErrorState {...accessWords.operatorOnly} action="Sign in as somebody else" onAction={() => void person.signOut()} fill />;
  return <RouterProvider router={router} />;
}
