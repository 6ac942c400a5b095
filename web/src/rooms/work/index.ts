// The door of work: the console's pages over the work engine.
export { ChangesPage } from "./screens/ChangesPage";
export { DeadPage } from "./screens/DeadPage";
export { EnginePage } from "./screens/EnginePage";
export { LetterPage } from "./screens/LetterPage";
export { QueuePage } from "./screens/QueuePage";
export { QueuesPage } from "./screens/QueuesPage";
export { SchedulesPage } from "./screens/SchedulesPage";
export { WorkersPage } from "./screens/WorkersPage";
export { useEngine } from "./queries";
export { places as workPlaces } from "./words";
