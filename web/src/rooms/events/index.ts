// The door of events: pages and parts of the office about occasions, stations and tills.
export { EventChooser } from "./parts/EventChooser";
export { EventForm } from "./parts/EventForm";
export { PairTill } from "./parts/PairTill";
export { places } from "./places";
export { useAddStation, useEvent, useEvents, usePlanEvent, useStations } from "./queries";
export { EventSettingsPage } from "./screens/EventSettingsPage";
export { EventsPage } from "./screens/EventsPage";
export { StationsPage } from "./screens/StationsPage";
