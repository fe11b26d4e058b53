import { createTheme, type MantineColorsTuple } from "@mantine/core";

const iris: MantineColorsTuple = [
  "#eeeefc",
  "#dadaf7",
  "#b3b2ee",
  "#8a89e6",
  "#6867de",
  "#5352da",
  "#4b4acf",
  "#3c3bb4",
  "#3433a1",
  "#2a2a8f",
];

const night: MantineColorsTuple = [
  "#dcdce6",
  "#bcbcca",
  "#9393a6",
  "#6b6b80",
  "#454552",
  "#363641",
  "#262630",
  "#1c1c24",
  "#16161d",
  "#111117",
];

export const theme = createTheme({
  primaryColor: "iris",
  primaryShade: { light: 6, dark: 4 },
  colors: { iris, dark: night },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    Modal: { defaultProps: { closeButtonProps: { "aria-label": "Close" } }, styles: { title: { fontWeight: 650 } } },
    // The placeholder that takes the first focus is no child a menu may have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
  },
});
