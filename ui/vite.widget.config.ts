import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../src/antiphon/web/static",
    emptyOutDir: false,
    target: "es2020",
    lib: {
      entry: "widget/src/main.ts",
      formats: ["iife"],
      name: "AntiphonWidget",
      fileName: () => "widget.js",
    },
  },
});
