import { useState, type KeyboardEvent, type PointerEvent, type ReactElement } from "react";

import { useFormat } from "../app/services";
import { useWidth } from "../app/hooks";
import { text } from "../text/en";
import { Empty } from "../ui/states";
import { ChartFrame } from "./ChartFrame";
import { domainOf, ticks } from "./scale";

export interface DayValue {
  /** yyyy-mm-dd */
  readonly day: string;
  readonly value: number | undefined;
}

interface DayChartProps {
  readonly title: string;
  readonly days: readonly DayValue[];
  readonly write: (value: number | undefined) => string;
  /** For the axis, where there is little room. */
  readonly writeRoughly: (value: number) => string;
  readonly kind?: "bars" | "line";
  readonly series?: number;
  /** The axis ends here at least. */
  readonly high?: number;
}

const HEIGHT = 200;
const TOP = 10;
const BOTTOM = 24;
const LEFT = 58;
const RIGHT = 8;

/** A value a day, as bars or as a line. */
export function DayChart(props: DayChartProps): ReactElement {
  const { title, days, write, writeRoughly, kind = "bars", series = 1, high } = props;
  const format = useFormat();
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const [picked, setPicked] = useState<number | undefined>(undefined);
  const width = useWidth(box);
  const values = days.flatMap(({ value }) => value ?? []);
  const table = {
    head: [text.charts.day, title],
    rows: days.map(({ day, value }) => [format.day(day), write(value)]),
  };
  if (values.length === 0) {
    return (
      <ChartFrame title={title} table={table}>
        <Empty title={text.charts.noDays} />
      </ChartFrame>
    );
  }
  const marks = ticks(domainOf(values, { low: 0, ...(high === undefined ? {} : { high }) }));
  const top = marks.at(-1) ?? 1;
  const bottom = marks[0] ?? 0;
  const band = Math.max(1, width - LEFT - RIGHT) / days.length;
  const middle = (index: number): number => LEFT + band * (index + 0.5);
  const y = (value: number): number =>
    TOP + (1 - (value - bottom) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);
  const every = Math.max(1, Math.ceil(days.length / Math.max(1, Math.floor(width / 64))));
  const at = picked === undefined ? undefined : days[picked];
  const bar = Math.max(2, Math.min(28, band * 0.7));

  const pick = (index: number): void => setPicked(Math.max(0, Math.min(days.length - 1, index)));
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const inside = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT;
    pick(Math.floor(inside / band));
  };
  const step = (event: KeyboardEvent): void => {
    const current = picked ?? days.length - 1;
    const next = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: days.length - 1 }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    pick(next);
  };
  const line = days.flatMap(({ value }, index) =>
    value === undefined ? [] : [`${middle(index).toFixed(1)},${y(value).toFixed(1)}`],
  );
  const lastKnown = days.findLast(({ value }) => value !== undefined)?.value;
  return (
    <ChartFrame
      title={title}
      table={table}
      reading={
        <span aria-live="polite">
          {at === undefined ? "" : `${format.shortDay(at.day)}  ${write(at.value)}`}
        </span>
      }
    >
      <div ref={setBox} className="chart">
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            role="img"
            aria-label={text.charts.summary(
              title,
              write(Math.min(...values)),
              write(Math.max(...values)),
              write(lastKnown),
            )}
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
                  {writeRoughly(mark)}
                </text>
              </g>
            ))}
            {days.map(({ day }, index) =>
              (days.length - 1 - index) % every === 0 && middle(index) < width - 18 ? (
                <text key={day} className="tick" x={middle(index)} y={HEIGHT - 6} textAnchor="middle">
                  {format.shortDay(day)}
                </text>
              ) : null,
            )}
            <g className={`series-${series}`}>
              {kind === "line" && <path className="line" d={`M${line.join("L")}`} />}
              {kind === "bars" &&
                days.map(({ day, value }, index) =>
                  value === undefined ? null : (
                    <rect
                      key={day}
                      className={index === picked ? "bar picked" : "bar"}
                      x={middle(index) - bar / 2}
                      y={y(Math.max(0, value))}
                      width={bar}
                      height={Math.max(0, y(bottom) - y(value))}
                      rx={Math.min(3, bar / 2)}
                    />
                  ),
                )}
              {picked !== undefined && at?.value !== undefined && kind === "line" && (
                <circle className="spot" cx={middle(picked)} cy={y(at.value)} r={4} />
              )}
            </g>
          </svg>
        )}
      </div>
    </ChartFrame>
  );
}
