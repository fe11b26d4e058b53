import { Group, Text, VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import classes from "./components.module.css";

export interface Series {
  key: string;
  label: string;
  /** A theme colour with its shade, for example "iris.5". */
  color: string;
}

export interface Bar {
  label: string;
  values: Record<string, number>;
}

const LEFT = 34;
const BOTTOM = 20;
const TOP = 8;
const LABEL_PX = 58;

const colorOf = (color: string) => `var(--mantine-color-${color.replace(".", "-")})`;

/** The smallest "round" number that holds the value: 1, 2, 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((one) => one * power >= value) ?? 10;
  return Math.max(1, factor * power);
}

/** Stacked columns over time; a table of the same figures for screen readers. */
export function BarChart({ title, series, bars, height = 200 }: { title: string; series: Series[]; bars: Bar[]; height?: number }) {
  const { ref, width } = useElementSize();
  const totals = bars.map(({ values }) => series.reduce((sum, { key }) => sum + (values[key] ?? 0), 0));
  const highest = roundUp(Math.max(0, ...totals));
  const steps = highest % 4 === 0 ? 4 : highest % 5 === 0 && highest > 1 ? 5 : highest === 1 ? 1 : 2;
  const inner = Math.max(0, width - LEFT);
  const step = bars.length ? inner / bars.length : 0;
  const bar = Math.min(36, step * 0.62);
  const tall = height - BOTTOM - TOP;
  const y = (value: number) => TOP + tall - (value / highest) * tall;
  const every = Math.max(1, Math.ceil((bars.length * LABEL_PX) / Math.max(1, inner)));
  return (
    <figure style={{ margin: 0 }}>
      <VisuallyHidden>
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              {series.map(({ key, label }) => (
                <th key={key} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars.map(({ label, values }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {series.map(({ key }) => (
                  <td key={key}>{values[key] ?? 0}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
      <div ref={ref} aria-hidden>
        <svg className={classes.chart} height={height} viewBox={`0 0 ${Math.max(1, width)} ${height}`}>
          {Array.from({ length: steps + 1 }, (_, index) => (highest / steps) * index).map((value) => (
            <g key={value}>
              <line className={classes.grid} x1={LEFT} x2={width} y1={y(value)} y2={y(value)} />
              <text className={classes.axis} x={LEFT - 8} y={y(value) + 4} textAnchor="end">
                {value}
              </text>
            </g>
          ))}
          {bars.map(({ label, values }, index) => {
            const x = LEFT + step * index + (step - bar) / 2;
            let below = 0;
            return (
              <g key={label} className={classes.column}>
                <title>
                  {[label, ...series.map((one) => `${one.label}: ${values[one.key] ?? 0}`)].join("\n")}
                </title>
                <rect className={classes.backdrop} x={LEFT + step * index} y={TOP} width={step} height={tall} rx={4} />
                {series.map(({ key, color }) => {
                  const value = values[key] ?? 0;
                  const top = y(below + value);
                  const size = y(below) - top;
                  below += value;
                  return value > 0 && <rect key={key} x={x} y={top} width={bar} height={size} rx={2} fill={colorOf(color)} />;
                })}
                {index % every === 0 && (
                  <text className={classes.axis} x={x + bar / 2} y={height - 4} textAnchor="middle">
                    {label}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      </div>
      <Group gap="md" mt="xs" justify="center" aria-hidden>
        {series.map(({ key, label, color }) => (
          <Group key={key} gap={6}>
            <span className={classes.swatch} style={{ background: colorOf(color) }} />
            <Text size="xs" c="dimmed">
              {label}
            </Text>
          </Group>
        ))}
      </Group>
    </figure>
  );
}
