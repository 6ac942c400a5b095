// The door of work: the console's pages over the work engine.
export { ChangesPage } from "./screens/ChangesPage";
export { DeadPage } from "./screens/DeadPage";
export { EnginePage } from "./screens/EnginePage";
export { KeyPage } from "./screens/KeyPage";
export { KeysPage } from "./screens/KeysPage";
export { LetterPage } from "./screens/LetterPage";
export { MessagePage } from "./screens/MessagePage";
export { MessagesPage } from "./screens/MessagesPage";
export { QueuePage } from "./screens/QueuePage";
export { QueuesPage } from "./screens/QueuesPage";
export { SchedulesPage } from "./screens/SchedulesPage";
export { WorkersPage } from "./screens/WorkersPage";
export { useEngine, useEngineNews } from "./queries";
export { places as workPlaces } from "./words";
export { useQueueCommands } from "./parts/commands";
