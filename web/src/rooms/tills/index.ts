// The front door of tills: pairing a device, selling with it, and what it has sold.
export { TillFrame } from "./parts/TillFrame";
export { PairScreen } from "./screens/PairScreen";
export { RecentScreen } from "./screens/RecentScreen";
export { SellScreen } from "./screens/SellScreen";
export { TillProvider } from "./TillContext";
export { revokedWords } from "./words";
