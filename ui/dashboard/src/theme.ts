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

export const theme = createTheme({
  primaryColor: "iris",
  primaryShade: { light: 6, dark: 4 },
  colors: { iris },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  autoContrast: true,
});
