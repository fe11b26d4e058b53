type Child = Node | string | null | false;
type Props = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/** Builds an element; functions become listeners, booleans attributes without value. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name, value as EventListener);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child): child is Node | string => Boolean(child)));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

const shapes = {
  microphone: ["M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z", "M6 11a6 6 0 0 0 12 0", "M12 17v4"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  play: ["M8 5.5v13l11-6.5z"],
  pause: ["M8 5v14", "M16 5v14"],
  stop: ["M7 7h10v10H7z"],
  mail: ["M4 6h16v12H4z", "M4 7l8 6 8-6"],
  file: ["M12 16V5", "M7.5 9L12 4.5 16.5 9", "M5 19h14"],
  alert: ["M12 8v5", "M12 16.5v.01", "M12 3.5l9 16H3z"],
};

export function icon(name: keyof typeof shapes): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  for (const shape of shapes[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}
