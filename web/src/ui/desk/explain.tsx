// How the desk's parts turn an error into words: the app says it once, because ui/ does not know the server's problems.
import { createContext, use, type ReactNode } from "react";

export interface Explained {
  title: string;
  detail: string;
  /** By field of the request, what is wrong with it and what to do. */
  fields: Record<string, string>;
  /** It is not there: to ask again does not help. */
  missing?: boolean;
}

export type Explain = (error: unknown) => Explained;

const plain: Explain = (error) => ({ title: "Something went wrong", detail: error instanceof Error ? error.message : String(error), fields: {} });

const ExplainContext = createContext<Explain>(plain);

export function ExplainProvider({ explain, children }: { explain: Explain; children: ReactNode }) {
  return <ExplainContext value={explain}>{children}</ExplainContext>;
}

export function useExplain(): Explain {
  return use(ExplainContext);
}
