// Starts an app on its page: theme, colour scheme, query cache, and a last net under errors nobody caught.
import { MantineProvider, type MantineColorScheme } from "@mantine/core";
import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { ErrorNet } from "./ErrorNet";
import { cssVariablesResolver, theme } from "./theme";

/** Puts `app` on the page. The scheme that boot.js chose before the first paint is kept, so nothing flashes. */
export function mount(app: ReactNode, queries: QueryClient): void {
  const root = document.getElementById("root");
  if (!root) throw new Error("the page has no element with id root");
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme={startScheme()}>
        <QueryClientProvider client={queries}>
          <ErrorNet>{app}</ErrorNet>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

/** Pages that say data-scheme="night" follow the clock as well as the device; the others follow the device. */
function startScheme(): MantineColorScheme {
  const { scheme, mantineColorScheme } = document.documentElement.dataset;
  return scheme === "night" && mantineColorScheme === "dark" ? "dark" : "auto";
}
