// The door of reports: the numbers of a night.
export { OverviewPage } from "./screens/OverviewPage";
export { overviewKey, useOverview } from "./queries";
