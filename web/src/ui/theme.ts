// The look of the house: warm neutrals, amber for what one presses, big targets, digits that line up.
import { ActionIcon, Button, createTheme, defaultVariantColorsResolver, parseThemeColor, type CSSVariablesResolver, type MantineColorsTuple, type VariantColorsResolver } from "@mantine/core";

/** Beer held against a lamp. Shades 3–5 carry dark text; 7–9 are readable as text on paper. */
const amber: MantineColorsTuple = ["#fff6e5", "#feeac8", "#fcd798", "#f9c264", "#f6b03c", "#f2a31f", "#d68410", "#9a5a06", "#7d4806", "#5f3606"];
/** Said yes, went well. */
const hop: MantineColorsTuple = ["#eef8ec", "#d9efd5", "#b3dfab", "#8bce7f", "#69bf5a", "#4eac40", "#37872c", "#2a6b22", "#21551b", "#183e14"];
/** Said no, needs a person. */
const grenadine: MantineColorsTuple = ["#fff0ee", "#fddcd8", "#fab4ac", "#f78b80", "#f4685b", "#e84a3d", "#c8352a", "#a62a21", "#85221b", "#631a15"];
/** Quiet information. */
const tonic: MantineColorsTuple = ["#edf5fb", "#d6e8f5", "#abd0ea", "#7db7df", "#57a1d4", "#3a8bc4", "#2673a9", "#1d5c89", "#174a6e", "#113751"];
/** Paper and pencil. */
const gray: MantineColorsTuple = ["#faf6f0", "#f4eee5", "#eae2d6", "#ddd2c3", "#c8baa8", "#a39482", "#6a5e50", "#5c5146", "#423a32", "#2a241f"];
/** The room after the lights go down. */
const dark: MantineColorsTuple = ["#f1eae1", "#d3c9bd", "#aea295", "#7d7166", "#463d35", "#342d27", "#241f1a", "#191512", "#120f0c", "#0c0a08"];

/** Text on coloured grounds keeps a contrast of at least 4.5 to 1 in both schemes, also in the quiet variants. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const parsed = parseThemeColor({ color: input.color ?? input.theme.primaryColor, theme: input.theme });
  if (!parsed.isThemeColor || parsed.color === "gray" || parsed.color === "dark") return colors;
  const text = `light-dark(var(--mantine-color-${parsed.color}-8), var(--mantine-color-${parsed.color}-3))`;
  if (input.variant === "light" || input.variant === "subtle" || input.variant === "outline" || input.variant === "transparent") return { ...colors, color: text };
  return colors;
};

export const theme = createTheme({
  colors: { amber, hop, grenadine, tonic, gray, dark },
  primaryColor: "amber",
  primaryShade: { light: 5, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.28,
  white: "#fffdfa",
  black: "#211b16",
  fontFamily: "'Figtree Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: { fontFamily: "'Bricolage Grotesque Variable', 'Figtree Variable', system-ui, sans-serif", fontWeight: "700" },
  defaultRadius: "md",
  radius: { xs: "4px", sm: "8px", md: "12px", lg: "18px", xl: "28px" },
  cursorType: "pointer",
  focusRing: "auto",
  variantColorResolver,
  components: {
    Button: Button.extend({ defaultProps: { fw: 650 }, vars: (_theme, props) => ({ root: props.size ? {} : { "--button-height": "44px", "--button-padding-x": "18px", "--button-fz": "15px" } }) }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" }, vars: (_theme, props) => ({ root: props.size ? {} : { "--ai-size": "44px" } }) }),
  },
});

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": gray[1],
    "--mantine-color-text": "#211b16",
    "--mantine-color-dimmed": gray[6],
    "--mantine-color-anchor": amber[7],
    "--mantine-color-error": grenadine[7],
    "--mantine-color-default-border": gray[3],
    "--house-card": "#fffdfa",
    "--house-line": gray[2],
    "--house-glow": "#fdecc8",
  },
  dark: {
    "--mantine-color-body": dark[7],
    "--mantine-color-text": dark[0],
    "--mantine-color-dimmed": dark[2],
    "--mantine-color-anchor": amber[3],
    "--mantine-color-error": grenadine[3],
    "--mantine-color-default": dark[6],
    "--mantine-color-default-hover": dark[5],
    "--mantine-color-default-border": dark[4],
    "--house-card": dark[6],
    "--house-line": dark[5],
    "--house-glow": "#4a3208",
  },
});
