// One build, five pages: each HTML file is an entry; what they share is split out and hashed.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const server = process.env["BARBACK_URL"] ?? "http://127.0.0.1:8600";

/** In development the pages live at the addresses the server gives them. */
const pages: Record<string, RegExp> = {
  "/guest.html": /^\/t\//,
  "/till.html": /^\/till(\/|$|\?)/,
  "/office.html": /^\/office(\/|$|\?)/,
  "/console.html": /^\/console(\/|$|\?)/,
};

export default defineConfig({
  resolve: { alias: { "@": resolve(root, "src") } },
  build: {
    outDir: resolve(root, "../src/barback/server/static"),
    emptyOutDir: true,
    target: "es2022",
    // The content policy allows nothing inline: no data: scripts, no inlined preload helper.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ["index", "guest", "till", "office", "console"].map((name) => resolve(root, `${name}.html`)),
    },
  },
  server: {
    port: 8610,
    proxy: { "/v1": { target: server, ws: true } },
  },
  plugins: [
    react(),
    {
      // The API pages at /docs are Swagger UI, served from here: they work without the internet.
      name: "api-pages",
      generateBundle() {
        for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
          const source = readFileSync(resolve(root, "node_modules/swagger-ui-dist", name));
          this.emitFile({ type: "asset", fileName: `docs/${name}`, source });
        }
      },
    },
    {
      name: "pages-at-their-addresses",
      configureServer(dev) {
        dev.middlewares.use((request, _response, next) => {
          const page = Object.entries(pages).find(([, pattern]) => pattern.test(request.url ?? ""));
          if (page && !/\.[a-z]+($|\?)/.test(request.url ?? "")) request.url = page[0];
          next();
        });
      },
    },
  ],
  test: { include: ["tests/**/*.test.{ts,tsx}"], environment: "node", testTimeout: 10_000 },
});
