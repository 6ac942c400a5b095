// The front door of ui/: what the pages of every app are built from, besides Mantine itself.
export { ErrorNet } from "./ErrorNet";
export { Foam } from "./Foam";
export { LiveBadge, type Liveness } from "./LiveBadge";
export { Mark } from "./Mark";
export { BigMoney, Money } from "./Money";
export { mount } from "./mount";
export { PageFrame } from "./PageFrame";
export { SchemeToggle } from "./SchemeToggle";
export { EmptyState, ErrorState } from "./states";
