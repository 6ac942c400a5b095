// The front door of api/: what rooms and apps may use to talk with the server.
export { createApi, nobody, unwrap, type Api, type Credentials } from "./client";
export type { LiveState, News } from "./live";
export { newId } from "./ids";
export { explain, Problem, Unreachable, type FieldProblem } from "./problem";
export { ConnectionProvider, createQueries, useApi, useLive, useLiveState } from "./react";
export type * from "./shapes";
