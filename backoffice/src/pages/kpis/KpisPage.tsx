import type { ReactElement } from "react";
import { useSearchParams } from "wouter";

import { listKpis } from "../../api/calls";
import type { KpiView } from "../../api/schema.gen";
import { useLive } from "../../app/hooks";
import { Page } from "../../app/Page";
import { useFormat, useServices } from "../../app/services";
import { DayChart } from "../../charts/DayChart";
import { text } from "../../text/en";
import { addDays } from "../../text/format";
import { Chips } from "../../ui/fields";
import { Fresh, Loaded } from "../../ui/states";
import { compare, everyDay, mean, total, type Change } from "./figures";

const SPANS = ["7", "30", "90"] as const;

/** Key figures of the market, day by day. */
export default function KpisPage(): ReactElement {
  const { api } = useServices();
  const format = useFormat();
  const [query, setQuery] = useSearchParams();
  const span = SPANS.find((each) => each === query.get("days")) ?? "30";
  const days = Number(span);
  const to = format.isoDay(Date.now());
  // As many whole days before, to compare with.
  const from = addDays(to, -2 * days);
  const live = useLive(`kpis/${from}/${to}`, (signal) => listKpis(api, from, to, signal), 60_000);
  return (
    <Page title={text.nav.kpis} aside={<Fresh live={live} />}>
      <Chips
        label={text.kpis.span}
        value={span}
        choices={SPANS.map((each) => [each, text.kpis.days(Number(each))] as const)}
        onChange={(each) => setQuery({ days: each }, { replace: true })}
      />
      <Loaded live={live}>
        {(list) => <Figures days={list.days} first={addDays(to, -days)} today={to} />}
      </Loaded>
    </Page>
  );
}

interface FiguresProps {
  readonly days: readonly KpiView[];
  readonly first: string;
  /** In the charts, and not in what is compared: it is not over. */
  readonly today: string;
}

function Figures({ days, first, today }: FiguresProps): ReactElement {
  const format = useFormat();
  const now = days.filter(({ day }) => day >= first && day < today);
  const before = days.filter(({ day }) => day < first);
  const percent = (share: number | undefined): string => format.share(share, 1);
  const whole = (value: number | undefined): string => format.number(value);
  const tile = (
    name: string,
    of: (rows: readonly KpiView[]) => number | undefined,
    write: (value: number | undefined) => string,
    better: "more" | "less" = "more",
  ): ReactElement => (
    <Tile name={name} value={write(of(now))} change={compare(of(now), of(before), better)} />
  );
  const chart = (of: (day: KpiView) => number | undefined) => everyDay(days, first, today, of);
  return (
    <>
      <p className="muted">{text.kpis.about}</p>
      <dl className="tiles">
        {tile(text.kpis.trips, (rows) => total(rows, (day) => day.trips), whole)}
        {tile(
          text.kpis.revenue,
          (rows) => total(rows, (day) => day.revenueMinor),
          (value) => format.money(value),
        )}
        {tile(text.kpis.utilisation, (rows) => mean(rows, (day) => day.utilisation), percent)}
        {tile(text.kpis.availability, (rows) => mean(rows, (day) => day.availability), percent)}
        {tile(
          text.kpis.repair,
          (rows) => mean(rows, (day) => day.meanTimeToRepairMinutes),
          (value) => format.minutes(value),
          "less",
        )}
        {tile(
          text.kpis.energy,
          (rows) => total(rows, (day) => day.energyKwh),
          (value) => format.quantity(value, "kWh"),
        )}
      </dl>
      <div className="charts">
        <DayChart
          title={text.kpis.revenue}
          days={chart((day) => day.revenueMinor)}
          write={(value) => format.money(value)}
          writeRoughly={(value) => format.roughMoney(value)}
        />
        <DayChart
          title={text.kpis.trips}
          days={chart((day) => day.trips)}
          write={whole}
          writeRoughly={whole}
          series={2}
        />
        <DayChart
          title={text.kpis.utilisation}
          kind="line"
          series={1}
          days={chart((day) => day.utilisation)}
          write={percent}
          writeRoughly={(value) => format.share(value)}
        />
        <DayChart
          title={text.kpis.availability}
          kind="line"
          series={2}
          high={1}
          days={chart((day) => day.availability)}
          write={percent}
          writeRoughly={(value) => format.share(value)}
        />
        <DayChart
          title={text.kpis.repair}
          kind="line"
          series={3}
          days={chart((day) => day.meanTimeToRepairMinutes)}
          write={(value) => format.minutes(value)}
          writeRoughly={(value) => format.minutes(value)}
        />
        <DayChart
          title={text.kpis.energy}
          series={4}
          days={chart((day) => day.energyKwh)}
          write={(value) => format.quantity(value, "kWh")}
          writeRoughly={whole}
        />
      </div>
    </>
  );
}

function Tile({
  name,
  value,
  change,
}: {
  readonly name: string;
  readonly value: string;
  readonly change: Change | undefined;
}): ReactElement {
  const format = useFormat();
  return (
    <div className="card tile">
      <dt>{name}</dt>
      <dd className="number">
        <span className="value">{value}</span>
        {change !== undefined && (
          <span className={`change ${change.is}`}>
            {text.kpis.change(format.share(Math.abs(change.share), 1), change.share >= 0)}
          </span>
        )}
      </dd>
    </div>
  );
}
