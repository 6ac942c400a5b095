// The guest's door to tabs: one tab, read only, live.
export { GuestTabSkeleton } from "./GuestFrame";
export { GuestTabPage } from "./GuestTabPage";
export { linkTrouble } from "./words";
