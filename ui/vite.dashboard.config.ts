import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env.ANTIPHON_DEV_SERVER ?? "http://127.0.0.1:8000";
// Chromium compiles these while they load, off the main thread; other browsers skip the comment.
const EAGER = new Set(["index", "shared", "Layout", "InboxPage"]);
const compileHints: Plugin = {
  name: "compile-hints",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk" && EAGER.has(file.name)) file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      }
    },
  },
};

export default defineConfig({
  root: "dashboard",
  base: "/dashboard/",
  plugins: [react(), compileHints],
  // The server puts a fresh value here for every page it sends (web/pages.py).
  html: { cspNonce: "ANTIPHON_NONCE" },
  resolve: { alias: { "@": fileURLToPath(new URL("./dashboard/src", import.meta.url)) } },
  build: {
    outDir: "../../src/antiphon/web/static/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // The page's policy allows no inline content, so small files must not become data: addresses.
    assetsInlineLimit: 0,
    // Read by scripts/checks/ui_budget.py.
    manifest: "manifest.json",
    rolldownOptions: {
      output: {
        // A screen of a hundred small files costs a hundred round trips, six at a time.
        codeSplitting: {
          groups: [
            // Runs as soon as it is there, which is long before the start is.
            { name: "early", test: /src\/early\.ts$/, priority: 4 },
            { name: "start", tags: ["$initial"], priority: 3 },
            { name: "icons", test: /@tabler/, priority: 2 },
            { name: "shared", minShareCount: 4, priority: 1 },
          ],
        },
      },
    },
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": server, "/widget.js": server, "/v": server } },
});
