// The door of guests: the office's pages about them and their tags.
export { useAddGuest } from "./queries";
export { GuestPage } from "./screens/GuestPage";
export { GuestsPage } from "./screens/GuestsPage";
