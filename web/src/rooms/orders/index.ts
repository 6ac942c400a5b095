// The door of orders: the office's pages about them.
export { OrderTable } from "./parts/OrderTable";
export { keys as orderKeys, useOrdersOfTab } from "./queries";
export { NeedsPersonPage } from "./screens/NeedsPersonPage";
export { OrderPage } from "./screens/OrderPage";
export { OrdersPage } from "./screens/OrdersPage";
