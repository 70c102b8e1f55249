import { useMemo, type ReactElement } from "react";
import { Link } from "wouter";

import type { VehicleRow } from "../../api/schema.gen";
import { useNow } from "../../app/hooks";
import { useFormat } from "../../app/services";
import { text } from "../../text/en";
import { AlertCount, Battery, SeverityBadge, StateBadge } from "../../ui/badges";
import { Grid, type Column } from "../../ui/Grid";
import { STATES, type Names } from "./filters";

interface FleetTableProps {
  readonly cars: readonly VehicleRow[];
  readonly names: Names;
  readonly current: string | undefined;
  readonly onCurrent: (id: string) => void;
  readonly onOpen: (car: VehicleRow) => void;
}

const SEVERITY_ORDER: Record<string, number> = { critical: 3, warning: 2, info: 1 };
const by =
  (value: (car: VehicleRow) => number | string) =>
  (a: VehicleRow, b: VehicleRow): number => {
    const [left, right] = [value(a), value(b)];
    return left < right ? -1 : left > right ? 1 : a.vehicleId < b.vehicleId ? -1 : 1;
  };
const keyOf = (car: VehicleRow): string => car.vehicleId;

export function FleetTable({ cars, names, current, onCurrent, onOpen }: FleetTableProps): ReactElement {
  const columns = useMemo((): readonly Column<VehicleRow>[] => {
    const place = (car: VehicleRow): string =>
      car.stationId === undefined ? text.fleet.onTheRoad : names.station(car.stationId);
    return [
      {
        id: "car",
        title: text.columns.car,
        width: "minmax(118px, 1fr)",
        sort: by((car) => car.vehicleId),
        cell: (car) => (
          <span className="two">
            <CarLink car={car} />
            <small>{names.type(car.vehicleTypeId)}</small>
          </span>
        ),
      },
      {
        id: "state",
        title: text.columns.state,
        width: "116px",
        sort: by((car) => STATES.indexOf(car.state)),
        cell: (car) => <StateBadge state={car.state} />,
      },
      {
        id: "battery",
        title: text.columns.battery,
        width: "100px",
        sort: by((car) => car.stateOfCharge ?? -1),
        cell: (car) => <Battery percent={car.stateOfCharge} charging={car.charging} />,
      },
      {
        id: "place",
        title: text.columns.place,
        width: "minmax(86px, 1fr)",
        sort: by(place),
        cell: (car) =>
          car.stationId === undefined ? (
            <span className="muted">{place(car)}</span>
          ) : (
            <span className="two">
              {place(car)}
              {car.bayId !== undefined && <small>{text.fleet.bay(car.bayId)}</small>}
            </span>
          ),
      },
      {
        id: "speed",
        title: text.columns.speed,
        width: "66px",
        from: 704,
        end: true,
        sort: by((car) => car.speed ?? -1),
        cell: (car) => <Speed car={car} />,
      },
      {
        id: "seen",
        title: text.columns.seen,
        width: "74px",
        from: 610,
        end: true,
        sort: by((car) => car.lastSeen),
        cell: (car) => <Seen car={car} />,
      },
      {
        id: "alerts",
        title: text.columns.alerts,
        width: "48px",
        sort: by((car) => SEVERITY_ORDER[car.worstAlert ?? ""] ?? 0),
        cell: (car) =>
          car.worstAlert === undefined ? null : (
            <AlertCount count={car.openAlerts} severity={car.worstAlert} />
          ),
      },
    ];
  }, [names]);
  return (
    <Grid
      label={text.fleet.list_label}
      columns={columns}
      rows={cars}
      rowKey={keyOf}
      initialSort={{ column: "car", down: false }}
      current={current}
      onCurrent={(car) => onCurrent(car.vehicleId)}
      onOpen={onOpen}
      empty={text.fleet.empty}
      phone={(car) => (
        <>
          <span className="line">
            <CarLink car={car} />
            <StateBadge state={car.state} />
          </span>
          <span className="line">
            <Battery percent={car.stateOfCharge} charging={car.charging} />
            {car.worstAlert === undefined ? (
              <span className="muted">
                {car.stationId === undefined ? names.type(car.vehicleTypeId) : names.station(car.stationId)}
              </span>
            ) : (
              <SeverityBadge severity={car.worstAlert} />
            )}
          </span>
        </>
      )}
    />
  );
}

function CarLink({ car }: { readonly car: VehicleRow }): ReactElement {
  return (
    <Link href={`/vehicles/${car.vehicleId}`} tabIndex={-1}>
      {car.vehicleId}
    </Link>
  );
}

function Speed({ car }: { readonly car: VehicleRow }): string {
  return useFormat().quantity(car.speed, "km/h");
}

function Seen({ car }: { readonly car: VehicleRow }): string {
  const now = useNow(5_000);
  return useFormat().ago(car.lastSeen, now);
}
