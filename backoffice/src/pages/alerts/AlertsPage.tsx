import { useMemo, useState, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { listAlerts, type AlertFilter } from "../../api/calls";
import type { AlertPage, AlertView } from "../../api/schema.gen";
import { useMedia, useNow } from "../../app/hooks";
import { Page } from "../../app/Page";
import { usePaged } from "../../app/paged";
import { useFormat, useServices } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { SeverityBadge, Tag } from "../../ui/badges";
import { Chips, Fact, Facts } from "../../ui/fields";
import { Grid, type Column } from "../../ui/Grid";
import { More } from "../../ui/More";
import { Empty, Fresh, Problem, Skeleton } from "../../ui/states";
import { reading } from "../units";
import { AlertActions } from "./AlertActions";

const VIEWS = ["unresolved", "OPEN", "ACKED", "RESOLVED"] as const;
const LOUDNESS = ["any", "critical", "warning", "info"] as const;
const ORDER: Record<string, number> = { critical: 0, warning: 1, info: 2 };
const keyOf = (alert: AlertView): string => `${alert.vehicleId}/${alert.alertId}`;

/** The inbox: what is wrong with the fleet, the loudest first. */
export default function AlertsPage(): ReactElement {
  const { api } = useServices();
  const [query, setQuery] = useSearchParams();
  const view = VIEWS.find((each) => each === query.get("status")) ?? "unresolved";
  const severity = LOUDNESS.find((each) => each === query.get("severity")) ?? "any";
  const filter: AlertFilter = {
    ...(view === "unresolved" ? {} : { status: view }),
    ...(severity === "any" ? {} : { severity }),
  };
  const list = usePaged(
    `alerts/${view}/${severity}`,
    (cursor, signal) => listAlerts(api, filter, cursor, signal),
    (page: AlertPage) => page.alerts,
    5_000,
  );
  const set = (name: string, value: string): void =>
    setQuery((old) => {
      const next = new URLSearchParams(old);
      next.set(name, value);
      return next;
    });
  return (
    <Page title={text.nav.alerts} aside={<Fresh live={list.live} />} fixed>
      <div className="filters">
        <div className="row">
          <Chips
            label={text.columns.status}
            value={view}
            choices={VIEWS.map((each) => [each, labelOf(text.alertViews, each)] as const)}
            onChange={(each) => set("status", each)}
          />
          <span className="divider" />
          <Chips
            label={text.columns.severity}
            value={severity}
            choices={LOUDNESS.map((each) => [each, labelOf(text.alertViews, each)] as const)}
            onChange={(each) => set("severity", each)}
          />
        </div>
      </div>
      {list.items === undefined ? (
        list.live.error === undefined ? (
          <Skeleton />
        ) : (
          <Problem error={list.live.error} onRetry={() => void list.live.refresh()} />
        )
      ) : (
        <Inbox alerts={list.items} more={<More list={list} />} />
      )}
    </Page>
  );
}

function Inbox({
  alerts,
  more,
}: {
  readonly alerts: readonly AlertView[];
  readonly more: ReactElement;
}): ReactElement {
  const isNarrow = useMedia("(max-width: 1100px)");
  const [query, setQuery] = useSearchParams();
  const [chosen, setChosen] = useState<AlertView | undefined>(undefined);
  const wanted = query.get("alert");
  const known = alerts.find((alert) => keyOf(alert) === (wanted ?? ""));
  // One that has just left the list, because it was resolved, is still looked at.
  const left = chosen !== undefined && keyOf(chosen) === wanted ? chosen : undefined;
  const current = known ?? left ?? (isNarrow ? undefined : alerts[0]);
  const choose = (alert: AlertView | undefined): void => {
    setChosen(alert);
    setQuery(
      (old) => {
        const next = new URLSearchParams(old);
        if (alert === undefined) next.delete("alert");
        else next.set("alert", keyOf(alert));
        return next;
      },
      { replace: true },
    );
  };
  const columns = useColumns();
  return (
    <div className={current !== undefined && isNarrow ? "inbox reading" : "inbox"}>
      <section className="card clip" aria-label={text.nav.alerts}>
        <Grid
          label={text.nav.alerts}
          columns={columns}
          rows={alerts}
          rowKey={keyOf}
          current={current === undefined ? undefined : keyOf(current)}
          onCurrent={isNarrow ? undefined : choose}
          onOpen={choose}
          empty={text.alerts.none}
          more={more}
          phone={(alert) => (
            <>
              <span className="line">
                <strong>{labelOf(text.rules, alert.rule)}</strong>
                <SeverityBadge severity={alert.severity} />
              </span>
              <span className="line">
                <span className="muted">{alert.vehicleId}</span>
                <AlertStatus alert={alert} />
              </span>
            </>
          )}
        />
      </section>
      <section className="card inbox-detail" aria-label={text.alerts.detail}>
        {current === undefined ? (
          <Empty title={text.alerts.choose} />
        ) : (
          <AlertDetail alert={current} onBack={isNarrow ? () => choose(undefined) : undefined} />
        )}
      </section>
    </div>
  );
}

function useColumns(): readonly Column<AlertView>[] {
  return useMemo(
    () => [
      {
        id: "severity",
        title: text.columns.severity,
        width: "92px",
        sort: (a, b) => (ORDER[a.severity] ?? 9) - (ORDER[b.severity] ?? 9) || b.raisedAt - a.raisedAt,
        cell: (alert) => <SeverityBadge severity={alert.severity} />,
      },
      {
        id: "alert",
        title: text.columns.alert,
        width: "minmax(140px, 1.5fr)",
        sort: (a, b) => (a.rule < b.rule ? -1 : 1),
        cell: (alert) => <strong>{labelOf(text.rules, alert.rule)}</strong>,
      },
      {
        id: "car",
        title: text.columns.car,
        width: "minmax(112px, 1fr)",
        sort: (a, b) => (a.vehicleId < b.vehicleId ? -1 : 1),
        cell: (alert) => (
          <Link href={`/vehicles/${alert.vehicleId}`} tabIndex={-1}>
            {alert.vehicleId}
          </Link>
        ),
      },
      {
        id: "status",
        title: text.columns.status,
        width: "112px",
        cell: (alert) => <AlertStatus alert={alert} />,
      },
      {
        id: "since",
        title: text.columns.since,
        width: "70px",
        from: 540,
        end: true,
        sort: (a, b) => a.raisedAt - b.raisedAt,
        cell: (alert) => <Since at={alert.raisedAt} />,
      },
      {
        id: "times",
        title: text.columns.times,
        width: "48px",
        from: 600,
        end: true,
        sort: (a, b) => a.occurrences - b.occurrences,
        cell: (alert) => alert.occurrences,
      },
    ],
    [],
  );
}

export function AlertStatus({ alert }: { readonly alert: AlertView }): ReactElement {
  const now = useNow(30_000);
  if (alert.status !== "RESOLVED" && (alert.snoozedUntil ?? 0) > now)
    return <Tag words={text.alertStates["SNOOZED"] ?? ""} />;
  const tone = { OPEN: "critical", ACKED: "info", RESOLVED: "good" } as const;
  return <Tag tone={tone[alert.status]} words={labelOf(text.alertStates, alert.status)} />;
}

function Since({ at }: { readonly at: number }): string {
  const now = useNow(30_000);
  return useFormat().ago(at, now);
}

interface AlertDetailProps {
  readonly alert: AlertView;
  readonly onBack?: (() => void) | undefined;
}

function AlertDetail({ alert, onBack }: AlertDetailProps): ReactElement {
  const format = useFormat();
  return (
    <div className="stack pad">
      {onBack !== undefined && (
        <button type="button" className="button small start" onClick={onBack}>
          {text.actions.back}
        </button>
      )}
      <div className="stack tight">
        <span className="row">
          <SeverityBadge severity={alert.severity} />
          <AlertStatus alert={alert} />
          {alert.blocking && <Tag tone="warning" words={text.alerts.blocking} />}
          {alert.latched && <Tag words={text.alerts.latched} />}
        </span>
        <h2 className="large">{labelOf(text.rules, alert.rule)}</h2>
        <p>
          <Link href={`/vehicles/${alert.vehicleId}`}>{alert.vehicleId}</Link>
        </p>
      </div>
      <AlertActions key={keyOf(alert)} alert={alert} />
      <Facts>
        <Fact name={text.columns.value}>{reading(format, alert.value, alert.unit)}</Fact>
        <Fact name={text.alerts.occurrences}>{format.number(alert.occurrences)}</Fact>
        <Fact name={text.alerts.raised}>{format.time(alert.raisedAt)}</Fact>
        <Fact name={text.alerts.last}>{format.time(alert.lastOccurredAt)}</Fact>
        {alert.ackedBy !== undefined && (
          <Fact name={text.alerts.ackedBy}>
            {text.alerts.byAt(alert.ackedBy, format.time(alert.ackedAt))}
          </Fact>
        )}
        {alert.snoozedUntil !== undefined && (
          <Fact name={text.alerts.snoozedUntil}>
            {text.alerts.byAt(alert.snoozedBy ?? "", format.time(alert.snoozedUntil))}
          </Fact>
        )}
        {alert.resolvedBy !== undefined && (
          <Fact name={text.alerts.resolvedBy}>
            {text.alerts.byAt(alert.resolvedBy, format.time(alert.resolvedAt))}
          </Fact>
        )}
      </Facts>
      {alert.note !== undefined && (
        <div>
          <h3>{text.alerts.note}</h3>
          <p>{alert.note}</p>
        </div>
      )}
    </div>
  );
}
