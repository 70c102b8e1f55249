import { useCallback, useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { Link, useLocation, useSearchParams } from "wouter";

import { listVehicles } from "../../api/calls";
import type { VehicleRow } from "../../api/schema.gen";
import { FLEET } from "../../app/ahead";
import { useLive, usePhone, useSettled } from "../../app/hooks";
import { useMe } from "../../app/me";
import { Page } from "../../app/Page";
import { useFormat, useServices } from "../../app/services";
import { FleetMap, type Place, type Spot } from "../../map/FleetMap";
import { text } from "../../text/en";
import { Battery, StateBadge } from "../../ui/badges";
import { Fresh, Loaded } from "../../ui/states";
import { FilterBar } from "./FilterBar";
import { FleetNumbers } from "./FleetNumbers";
import { FleetTable } from "./FleetTable";
import { countStates, readFilters, select, writeFilters, type Filters, type Names } from "./filters";

/** All cars as they are now, on the map and in a list. */
export function FleetPage(): ReactElement {
  const { api } = useServices();
  const live = useLive(FLEET.key, (signal) => listVehicles(api, signal), FLEET.every);
  return (
    <Page title={text.fleet.title} aside={<Fresh live={live} />} fixed>
      <Loaded live={live}>{(cars) => <Fleet cars={cars} />}</Loaded>
    </Page>
  );
}

function Fleet({ cars }: { readonly cars: readonly VehicleRow[] }): ReactElement {
  const me = useMe();
  const isPhone = usePhone();
  const [, navigate] = useLocation();
  const [query, setQuery] = useSearchParams();
  const [current, setCurrent] = useState<string | undefined>(undefined);
  const filters = useMemo(() => readFilters(query), [query]);
  const [words, setWords] = useState(filters.words);
  const settled = useSettled(words, 150);
  const view = query.get("view") === "map" ? "map" : "list";

  const names: Names = useMemo(
    () => ({
      type: (id) => {
        const type = me.types.get(id);
        return type === undefined ? id : `${type.make} ${type.model}`;
      },
      station: (id) => me.stations.get(id)?.name ?? id,
    }),
    [me],
  );
  const apply = useCallback(
    (next: Filters) => setQuery((old) => writeFilters(old, next), { replace: true }),
    [setQuery],
  );
  useEffect(
    () => setQuery((old) => writeFilters(old, { ...readFilters(old), words: settled }), { replace: true }),
    [settled, setQuery],
  );

  const shown = useMemo(() => select(cars, filters, names), [cars, filters, names]);
  const counts = useMemo(() => countStates(cars), [cars]);
  const open = useCallback((car: VehicleRow) => navigate(`/vehicles/${car.vehicleId}`), [navigate]);
  useMark(cars);

  return (
    <>
      <FilterBar
        words={words}
        onWords={setWords}
        filters={filters}
        onChange={apply}
        counts={counts}
        total={cars.length}
        shown={shown.length}
        view={view}
        onView={(next) =>
          setQuery(
            (old) => {
              const changed = new URLSearchParams(old);
              changed.set("view", next);
              return changed;
            },
            { replace: true },
          )
        }
      />
      <div className={isPhone ? `fleet only-${view}` : "fleet"}>
        <section className="card fleet-list" aria-label={text.fleet.list_label}>
          <FleetTable cars={shown} names={names} current={current} onCurrent={setCurrent} onOpen={open} />
        </section>
        <div className="fleet-side">
          <section className="card fleet-map" aria-label={text.fleet.map}>
            <LiveMap
              cars={shown}
              names={names}
              current={current}
              onPick={setCurrent}
              station={filters.station}
              onStation={(id) => apply({ ...filters, station: filters.station === id ? undefined : id })}
            />
          </section>
          <FleetNumbers />
        </div>
      </div>
    </>
  );
}

interface LiveMapProps {
  readonly cars: readonly VehicleRow[];
  readonly names: Names;
  readonly current: string | undefined;
  readonly onPick: (id: string | undefined) => void;
  readonly station: string | undefined;
  readonly onStation: (id: string) => void;
}

function LiveMap({ cars, names, current, onPick, station, onStation }: LiveMapProps): ReactElement {
  const me = useMe();
  const format = useFormat();
  const spots: readonly Spot[] = useMemo(
    () =>
      cars.flatMap((car) =>
        car.latitude === undefined || car.longitude === undefined
          ? []
          : [
              {
                id: car.vehicleId,
                state: car.state,
                latitude: car.latitude,
                longitude: car.longitude,
                isCritical: car.worstAlert === "critical",
              },
            ],
      ),
    [cars],
  );
  const places: readonly Place[] = useMemo(() => {
    const standing = new Map<string, number>();
    for (const { stationId } of cars)
      if (stationId) standing.set(stationId, (standing.get(stationId) ?? 0) + 1);
    return [...me.stations.values()].map((place) => {
      const count = standing.get(place.stationId) ?? 0;
      return {
        id: place.stationId,
        name: place.name,
        latitude: place.latitude,
        longitude: place.longitude,
        count,
        about: text.fleet.stationAbout(place.name, count, place.bays),
      };
    });
  }, [cars, me]);
  const byId = useMemo(() => new Map(cars.map((car) => [car.vehicleId, car])), [cars]);
  const about = useCallback(
    (id: string) => {
      const car = byId.get(id);
      if (car === undefined) return null;
      return (
        <>
          <span className="row spread">
            <Link href={`/vehicles/${id}`}>{id}</Link>
            <StateBadge state={car.state} />
          </span>
          <span className="muted">{names.type(car.vehicleTypeId)}</span>
          <span className="row spread">
            <Battery percent={car.stateOfCharge} charging={car.charging} />
            <span className="number">{format.quantity(car.speed, "km/h")}</span>
          </span>
        </>
      );
    },
    [byId, names, format],
  );
  return (
    <FleetMap
      outline={me.outline}
      spots={spots}
      places={places}
      current={current}
      onPick={onPick}
      currentPlace={station}
      onPlace={onStation}
      about={about}
    />
  );
}

/** Tells the browser's performance timeline when the first cars were painted. */
function useMark(cars: readonly VehicleRow[]): void {
  const done = useRef(false);
  useEffect(() => {
    if (done.current || cars.length === 0) return;
    done.current = true;
    // After the frame that shows them, not before it.
    requestAnimationFrame(() => setTimeout(() => performance.mark("fleet-painted"), 0));
  }, [cars]);
}
