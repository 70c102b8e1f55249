import { useState, type ReactElement } from "react";
import { Link } from "wouter";

import { getTelemetry, getVehicle, listBookings, listVehicleAudit } from "../../api/calls";
import type { VehicleDetail } from "../../api/schema.gen";
import { useLive, useNow } from "../../app/hooks";
import { useMe } from "../../app/me";
import { Page } from "../../app/Page";
import { useFormat, useServices } from "../../app/services";
import { LineChart } from "../../charts/LineChart";
import { FleetMap } from "../../map/FleetMap";
import { labelOf, text } from "../../text/en";
import { Battery, SeverityBadge, StateBadge, Tag } from "../../ui/badges";
import { Chips, Fact, Facts } from "../../ui/fields";
import { Icon } from "../../ui/icons";
import { Empty, Fresh, Loaded, Message } from "../../ui/states";
import { AlertActions } from "../alerts/AlertActions";
import { AuditTable } from "../audit/AuditTable";
import { BookingsTable } from "../bookings/BookingsTable";
import { PRIORITY_TONES, WORK_TONES } from "../shared";
import { CarActions } from "./CarActions";
import { Readings } from "./Readings";

/** Everything of one car. */
export default function VehiclePage({ vehicleId }: { readonly vehicleId: string }): ReactElement {
  const { api } = useServices();
  const live = useLive(`vehicle/${vehicleId}`, (signal) => getVehicle(api, vehicleId, signal), 5_000);
  return (
    <Page title={vehicleId} aside={<Fresh live={live} />}>
      <p>
        <Link href="/" className="row">
          <Icon name="back" size={15} />
          {text.nav.fleet}
        </Link>
      </p>
      <Loaded live={live}>{(detail) => <Vehicle detail={detail} />}</Loaded>
    </Page>
  );
}

function Vehicle({ detail }: { readonly detail: VehicleDetail }): ReactElement {
  const me = useMe();
  const { vehicle } = detail;
  return (
    <>
      <section className="card" aria-label={text.vehicle.now}>
        <div className="body stack">
          <div className="row spread">
            <span className="row">
              <StateBadge state={vehicle.state} />
              <strong>
                {detail.make} {detail.model}
              </strong>
              {vehicle.locked !== undefined && (
                <Tag words={vehicle.locked ? text.vehicle.locked : text.vehicle.unlocked} />
              )}
              {vehicle.offline && <Tag tone="warning" words={text.vehicle.offline} />}
              {vehicle.blocked && <Tag tone="critical" words={text.vehicle.blocked} />}
            </span>
            <CarActions detail={detail} />
          </div>
          <Now detail={detail} />
        </div>
      </section>
      <div className="vehicle">
        <div className="stack">
          <Alerts detail={detail} />
          {me.may("getVehicleTelemetry") && <Charts vehicleId={vehicle.vehicleId} />}
          {me.may("listBookings") && <Bookings vehicleId={vehicle.vehicleId} />}
          {me.may("listVehicleAudit") && <Audit vehicleId={vehicle.vehicleId} />}
        </div>
        <div className="stack">
          <Where detail={detail} />
          {me.may("listWorkOrders") && <Work detail={detail} />}
          <Readings readings={detail.readings} />
        </div>
      </div>
    </>
  );
}

function Now({ detail }: { readonly detail: VehicleDetail }): ReactElement {
  const me = useMe();
  const format = useFormat();
  const now = useNow();
  const { vehicle } = detail;
  const station = vehicle.stationId === undefined ? undefined : me.stations.get(vehicle.stationId);
  return (
    <Facts>
      <Fact name={text.columns.battery}>
        <Battery percent={vehicle.stateOfCharge} charging={vehicle.charging} />
      </Fact>
      <Fact name={text.columns.range}>{format.kilometres(vehicle.rangeMetres)}</Fact>
      <Fact name={text.columns.speed}>{format.quantity(vehicle.speed, "km/h")}</Fact>
      <Fact name={text.vehicle.odometer}>{format.kilometres(detail.odometerMetres)}</Fact>
      <Fact name={text.columns.place}>
        {station === undefined ? text.fleet.onTheRoad : `${station.name} ${vehicle.bayId ?? ""}`}
      </Fact>
      <Fact name={text.vehicle.plug}>
        {vehicle.pluggedIn === true ? text.vehicle.pluggedIn : text.vehicle.unplugged}
      </Fact>
      <Fact name={text.columns.seen}>{format.ago(vehicle.lastSeen, now)}</Fact>
      <Fact name={text.vehicle.changed}>{format.time(detail.changedAt)}</Fact>
    </Facts>
  );
}

function Alerts({ detail }: { readonly detail: VehicleDetail }): ReactElement | null {
  const format = useFormat();
  const now = useNow(30_000);
  if (detail.alerts.length === 0) return <Message tone="good">{text.vehicle.noAlerts}</Message>;
  return (
    <section className="card" aria-label={text.vehicle.alerts}>
      <header>
        <h2>{text.vehicle.alerts}</h2>
      </header>
      <ul className="body stack">
        {detail.alerts.map((alert) => (
          <li key={alert.alertId} className="row spread">
            <span className="row">
              <SeverityBadge severity={alert.severity} />
              <strong>{labelOf(text.rules, alert.rule)}</strong>
              <span className="muted">
                {labelOf(text.alertStates, alert.status)}, {format.ago(alert.raisedAt, now)}
              </span>
            </span>
            <AlertActions alert={alert} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const SPANS = ["1", "3", "6", "24"] as const;

function Charts({ vehicleId }: { readonly vehicleId: string }): ReactElement {
  const { api } = useServices();
  const [span, setSpan] = useState<(typeof SPANS)[number]>("3");
  const hours = Number(span);
  const live = useLive(
    `telemetry/${vehicleId}/${span}`,
    (signal) => getTelemetry(api, vehicleId, hours, signal),
    30_000,
  );
  return (
    <section className="stack" aria-label={text.vehicle.telemetry}>
      <div className="row spread">
        <h2>{text.vehicle.telemetry}</h2>
        <Chips
          label={text.vehicle.span}
          value={span}
          choices={SPANS.map((each) => [each, text.vehicle.hours(Number(each))] as const)}
          onChange={setSpan}
        />
      </div>
      <Loaded live={live}>
        {({ samples }) => (
          <div className="charts">
            <LineChart
              title={text.vehicle.charge}
              unit="%"
              series={2}
              least={{ low: 0, high: 100 }}
              samples={samples.map(({ at, stateOfCharge }) => ({ at, value: stateOfCharge }))}
            />
            <LineChart
              title={text.columns.speed}
              unit="km/h"
              series={1}
              least={{ low: 0, high: 60 }}
              samples={samples.map(({ at, speed }) => ({ at, value: speed }))}
            />
            <LineChart
              title={text.vehicle.temperature}
              unit="°C"
              digits={1}
              series={3}
              least={{ low: 25, high: 45 }}
              samples={samples.map(({ at, batteryTemperature }) => ({ at, value: batteryTemperature }))}
            />
            <LineChart
              title={text.vehicle.power}
              unit="kW"
              digits={1}
              series={4}
              least={{ low: -10, high: 30 }}
              samples={samples.map(({ at, batteryPower }) => ({ at, value: batteryPower }))}
            />
          </div>
        )}
      </Loaded>
    </section>
  );
}

function Where({ detail }: { readonly detail: VehicleDetail }): ReactElement | null {
  const me = useMe();
  const { vehicleId, latitude, longitude, state, worstAlert } = detail.vehicle;
  if (latitude === undefined || longitude === undefined) return null;
  return (
    <section className="card clip where" aria-label={text.vehicle.where}>
      <FleetMap
        outline={me.outline}
        spots={[{ id: vehicleId, state, latitude, longitude, isCritical: worstAlert === "critical" }]}
        places={[]}
        current={vehicleId}
      />
    </section>
  );
}

function Work({ detail }: { readonly detail: VehicleDetail }): ReactElement {
  return (
    <section className="card" aria-label={text.nav.workOrders}>
      <header>
        <h2>{text.nav.workOrders}</h2>
      </header>
      <div className="body">
        {detail.workOrders.length === 0 ? (
          <p className="muted">{text.vehicle.noWork}</p>
        ) : (
          <ul className="stack tight">
            {detail.workOrders.map((order) => (
              <li key={order.workOrderId} className="row spread">
                <Link href={`/work-orders?order=${order.workOrderId}`}>{order.title}</Link>
                <span className="row">
                  <Tag
                    tone={PRIORITY_TONES[order.priority]}
                    words={labelOf(text.priorities, order.priority)}
                  />
                  <Tag tone={WORK_TONES[order.status]} words={labelOf(text.workStates, order.status)} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function Bookings({ vehicleId }: { readonly vehicleId: string }): ReactElement {
  const { api } = useServices();
  const live = useLive(
    `bookings/of/${vehicleId}`,
    (signal) => listBookings(api, { vehicleId }, undefined, signal),
    15_000,
  );
  return (
    <section className="card" aria-label={text.vehicle.bookings}>
      <header>
        <h2>{text.vehicle.bookings}</h2>
      </header>
      <div className="body table-scroll">
        <Loaded live={live}>
          {({ bookings }) =>
            bookings.length === 0 ? (
              <Empty title={text.bookings.none} />
            ) : (
              <BookingsTable bookings={bookings.slice(0, 8)} />
            )
          }
        </Loaded>
      </div>
    </section>
  );
}

function Audit({ vehicleId }: { readonly vehicleId: string }): ReactElement {
  const { api } = useServices();
  const live = useLive(`audit/of/${vehicleId}`, (signal) => listVehicleAudit(api, vehicleId, signal), 15_000);
  return (
    <section className="card" aria-label={text.nav.audit}>
      <header>
        <h2>{text.nav.audit}</h2>
      </header>
      <div className="body table-scroll">
        <Loaded live={live}>
          {({ records }) =>
            records.length === 0 ? (
              <Empty title={text.audit.none} />
            ) : (
              <AuditTable records={records.slice(0, 10)} />
            )
          }
        </Loaded>
      </div>
    </section>
  );
}
