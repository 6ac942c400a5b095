// The office's door to tabs.
export { GuestLinkCard } from "./parts/GuestLinkCard";
export { TabPage } from "./screens/TabPage";
export { TabsPage } from "./screens/TabsPage";
