import { useId, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from "react";

import { useFormat } from "../app/services";
import { useWidth } from "../app/hooks";
import { text } from "../text/en";
import { Empty } from "../ui/states";
import { ChartFrame } from "./ChartFrame";
import { domainOf, nearestIndex, pieces, ticks, timeTicks, type Domain, type Sample } from "./scale";

interface LineChartProps {
  readonly title: string;
  readonly samples: readonly Sample[];
  /** Such as `%`; written after each value. */
  readonly unit: string;
  readonly digits?: number;
  /** What the axis shows at least. */
  readonly least?: Partial<Domain>;
  /** 1 to 4: which colour of the series. */
  readonly series?: number;
  /** ms: further apart is a gap. */
  readonly gap?: number;
}

const HEIGHT = 190;
const TOP = 10;
const BOTTOM = 24;
const LEFT = 46;
const RIGHT = 10;
const GAP = 10 * 60_000;

/** A measured value over time, with a reading of each sample by pointer or arrow keys, and as a table. */
export function LineChart(props: LineChartProps): ReactElement {
  const { title, samples, unit, digits = 0, least, series = 1, gap = GAP } = props;
  const format = useFormat();
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const [picked, setPicked] = useState<number | undefined>(undefined);
  const width = useWidth(box);
  const readingId = useId();
  const known = samples.filter((sample) => sample.value !== undefined);
  const write = (value: number | undefined): string => format.quantity(value, unit, digits);

  const table = {
    head: [text.charts.time, title],
    rows: known.map((sample) => [format.time(sample.at), write(sample.value)]),
  };
  const last = known.at(-1);
  if (last === undefined) {
    return (
      <ChartFrame title={title} table={table}>
        <Empty title={text.charts.noSamples} />
      </ChartFrame>
    );
  }

  const values = known.flatMap((sample) => sample.value ?? []);
  const marks = ticks(domainOf(values, least));
  const low = marks[0] ?? 0;
  const high = marks.at(-1) ?? 1;
  const from = known[0]?.at ?? 0;
  const span = Math.max(1, last.at - from);
  const x = (at: number): number => LEFT + ((at - from) / span) * Math.max(1, width - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const lines = pieces(samples, gap).map((piece) => piece.map(({ at, value }) => [x(at), y(value)] as const));
  const at = picked === undefined ? undefined : known[picked];
  const floor = HEIGHT - BOTTOM;

  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const inside = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const share = (inside - LEFT) / Math.max(1, width - LEFT - RIGHT);
    setPicked(nearestIndex(known, from + share * span));
  };
  const step = (event: KeyboardEvent): void => {
    const current = picked ?? known.length - 1;
    const next = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: known.length - 1 }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    setPicked(Math.max(0, Math.min(known.length - 1, next)));
  };

  const summary = text.charts.summary(
    title,
    write(Math.min(...values)),
    write(Math.max(...values)),
    write(last.value),
  );
  return (
    <ChartFrame
      title={title}
      table={table}
      reading={
        <span id={readingId} aria-live="polite">
          {at === undefined ? write(last.value) : `${format.clock(at.at)}  ${write(at.value)}`}
        </span>
      }
    >
      <div ref={setBox} className="chart">
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            role="img"
            aria-label={summary}
            aria-describedby={readingId}
            tabIndex={0}
            onPointerMove={point}
            onPointerLeave={() => setPicked(undefined)}
            onKeyDown={step}
            onBlur={() => setPicked(undefined)}
          >
            {marks.map((mark) => (
              <g key={mark}>
                <line className="rule" x1={LEFT} x2={width - RIGHT} y1={y(mark)} y2={y(mark)} />
                <text className="tick" x={LEFT - 8} y={y(mark) + 4} textAnchor="end">
                  {format.number(mark, Number.isInteger(mark) ? 0 : 1)}
                </text>
              </g>
            ))}
            {timeTicks({ low: from, high: last.at }, Math.max(2, Math.floor(width / 90))).map((time) => (
              <text key={time} className="tick" x={x(time)} y={HEIGHT - 6} textAnchor="middle">
                {format.clock(time)}
              </text>
            ))}
            {lines.map((line) => (
              <g key={line[0]?.[0]} className={`series-${series}`}>
                <path
                  className="area"
                  d={`${path(line)}L${line.at(-1)?.[0]},${floor}L${line[0]?.[0]},${floor}Z`}
                />
                <path className="line" d={line.length === 1 ? `${path(line)}h0` : path(line)} />
              </g>
            ))}
            {at?.value !== undefined && (
              <g className={`series-${series}`}>
                <line className="cursor" x1={x(at.at)} x2={x(at.at)} y1={TOP} y2={floor} />
                <circle className="spot" cx={x(at.at)} cy={y(at.value)} r={4} />
              </g>
            )}
          </svg>
        )}
      </div>
    </ChartFrame>
  );
}

function path(points: readonly (readonly [number, number])[]): string {
  return points
    .map(([px, py], index) => `${index === 0 ? "M" : "L"}${px.toFixed(1)},${py.toFixed(1)}`)
    .join("");
}
