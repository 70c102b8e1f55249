/** Which cars of the fleet are shown; kept in the page's address, so that it can be shared and come back to. */

import type { RentalState, VehicleRow } from "../../api/schema.gen";

export interface Filters {
  readonly words: string;
  /** Empty for all. */
  readonly states: readonly string[];
  /** Percent that the battery is below. */
  readonly below: number | undefined;
  readonly alerts: boolean;
  readonly station: string | undefined;
}

/** What is searched beside a car's own fields. */
export interface Names {
  readonly type: (vehicleTypeId: string) => string;
  readonly station: (stationId: string) => string;
}

export const STATES: readonly RentalState[] = [
  "available",
  "reserved",
  "on_trip",
  "stopped",
  "non_operational",
  "non_contactable",
  "elsewhere",
  "removed",
];

export const NO_FILTERS: Filters = {
  words: "",
  states: [],
  below: undefined,
  alerts: false,
  station: undefined,
};

export function readFilters(query: URLSearchParams): Filters {
  const below = Number(query.get("below") ?? Number.NaN);
  return {
    words: query.get("q") ?? "",
    states: (query.get("state") ?? "").split(",").filter((state) => STATES.some((known) => known === state)),
    below: below > 0 && below <= 100 ? below : undefined,
    alerts: query.get("alerts") === "open",
    station: query.get("station") ?? undefined,
  };
}

/** `query` with these filters in place of those it has; the rest of it stays. */
export function writeFilters(query: URLSearchParams, filters: Filters): URLSearchParams {
  const next = new URLSearchParams(query);
  const values: Record<string, string | undefined> = {
    q: filters.words === "" ? undefined : filters.words,
    state: filters.states.length === 0 ? undefined : filters.states.join(","),
    below: filters.below === undefined ? undefined : String(filters.below),
    alerts: filters.alerts ? "open" : undefined,
    station: filters.station,
  };
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  return next;
}

export function isFiltered(filters: Filters): boolean {
  return writeFilters(new URLSearchParams(), filters).size > 0;
}

/** Every word must be found, in any field. */
export function select(cars: readonly VehicleRow[], filters: Filters, names: Names): readonly VehicleRow[] {
  const words = filters.words.toLowerCase().split(/\s+/).filter(Boolean);
  const states = new Set(filters.states);
  return cars.filter((car) => {
    if (states.size > 0 && !states.has(car.state)) return false;
    if (filters.below !== undefined && (car.stateOfCharge ?? 0) >= filters.below) return false;
    if (filters.alerts && car.openAlerts === 0) return false;
    if (filters.station !== undefined && car.stationId !== filters.station) return false;
    if (words.length === 0) return true;
    const station = car.stationId === undefined ? "" : names.station(car.stationId);
    const all =
      `${car.vehicleId} ${names.type(car.vehicleTypeId)} ${station} ${car.bookingId ?? ""}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

export function countStates(cars: readonly VehicleRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const car of cars) counts.set(car.state, (counts.get(car.state) ?? 0) + 1);
  return counts;
}
