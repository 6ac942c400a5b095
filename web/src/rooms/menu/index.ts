// The door of menu: the office's page of it, and the ready-made ones to start from.
export { StarterChoice } from "./parts/StarterChoice";
export { useMenu } from "./queries";
export { MenuPage } from "./screens/MenuPage";
