/** Where the widget's script goes, by what the site is made with. */

export interface Snippet {
  value: string;
  label: string;
  where: string;
  code: (script: ScriptParts) => string;
}

export interface ScriptParts {
  /** The whole tag as the server gives it. */
  tag: string;
  src: string;
  channel: string;
}

/** Reads address and channel out of the tag. */
export function scriptParts(tag: string, channel: string): ScriptParts {
  return { tag, channel, src: /src="([^"]+)"/.exec(tag)?.[1] ?? "/widget.js" };
}

export const SNIPPETS: readonly [Snippet, ...Snippet[]] = [
  {
    value: "html",
    label: "HTML",
    where: "Just before </body> on every page that should have the button.",
    code: ({ tag }) => tag,
  },
  {
    value: "wordpress",
    label: "WordPress",
    where: "Into the theme's functions.php, or with a plugin for header and footer code (then only the script line).",
    code: ({ tag }) => `add_action('wp_footer', function () {\n  echo '${tag}';\n});`,
  },
  {
    value: "react",
    label: "React",
    where: "In the component around all pages.",
    code: ({ src, channel }) =>
      [
        "useEffect(() => {",
        '  const script = document.createElement("script");',
        `  script.src = "${src}";`,
        `  script.dataset.channel = "${channel}";`,
        "  script.async = true;",
        "  document.body.append(script);",
        "}, []);",
      ].join("\n"),
  },
  {
    value: "next",
    label: "Next.js",
    where: "In app/layout.tsx, inside <body>.",
    code: ({ src, channel }) =>
      [
        'import Script from "next/script";',
        "",
        `<Script src="${src}" data-channel="${channel}" strategy="afterInteractive" />`,
      ].join("\n"),
  },
  {
    value: "gtm",
    label: "Tag manager",
    where: "As a custom HTML tag that fires on all pages.",
    code: ({ src, channel }) =>
      [
        "<script>",
        '  var s = document.createElement("script");',
        `  s.src = "${src}";`,
        `  s.setAttribute("data-channel", "${channel}");`,
        "  s.async = true;",
        "  document.body.appendChild(s);",
        "</script>",
      ].join("\n"),
  },
  {
    value: "inline",
    label: "In the page",
    where: "Where the recorder itself should stand, in place of a button in the corner.",
    code: ({ tag }) => tag.replace(" async", ' data-mode="inline" async'),
  },
];
