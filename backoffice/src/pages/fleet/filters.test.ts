import { expect, test } from "vitest";

import type { VehicleRow } from "../../api/schema.gen";
import { countStates, isFiltered, NO_FILTERS, readFilters, select, writeFilters } from "./filters";

const car = (number: number, more: Partial<VehicleRow> = {}): VehicleRow => ({
  vehicleId: `SG-EV-${String(number).padStart(6, "0")}`,
  vehicleTypeId: "compact",
  state: "available",
  lastSeen: 1,
  offline: false,
  openAlerts: 0,
  blocked: false,
  ...more,
});
const names = {
  type: (id: string) => (id === "compact" ? "BYD Dolphin" : "Hyundai Ioniq 5"),
  station: (id: string) => (id === "sg-orchard" ? "Orchard" : id),
};
const cars = [
  car(1, { stateOfCharge: 80, stationId: "sg-orchard" }),
  car(2, { stateOfCharge: 14, openAlerts: 1, vehicleTypeId: "family" }),
  car(3, { state: "on_trip", bookingId: "b-77" }),
];
const ids = (filters: Partial<typeof NO_FILTERS>): number[] =>
  select(cars, { ...NO_FILTERS, ...filters }, names).map((row) => Number(row.vehicleId.slice(-1)));

test("words are found in id, model, station and booking, all of them", () => {
  expect(ids({ words: "000002" })).toEqual([2]);
  expect(ids({ words: "dolphin ORCH" })).toEqual([1]);
  expect(ids({ words: "b-77" })).toEqual([3]);
  expect(ids({ words: "orchard ioniq" })).toEqual([]);
});

test("filters are met together", () => {
  expect(ids({})).toEqual([1, 2, 3]);
  expect(ids({ states: ["available"] })).toEqual([1, 2]);
  expect(ids({ states: ["available"], alerts: true })).toEqual([2]);
  expect(ids({ station: "sg-orchard" })).toEqual([1]);
});

test("a car that never told its charge counts as empty", () => {
  expect(ids({ below: 20 })).toEqual([2, 3]);
});

test("filters survive the page's address, other parameters too", () => {
  const filters = {
    words: "a b",
    states: ["on_trip", "reserved"],
    below: 25,
    alerts: true,
    station: "sg-orchard",
  };
  const query = writeFilters(new URLSearchParams("view=map&q=old"), filters);
  expect(query.get("view")).toBe("map");
  expect(readFilters(new URLSearchParams(query.toString()))).toEqual(filters);
  expect(isFiltered(filters)).toBe(true);
});

test("an address made by hand filters by what there is", () => {
  expect(readFilters(new URLSearchParams("state=flying,on_trip&below=-3&alerts=yes"))).toEqual({
    ...NO_FILTERS,
    states: ["on_trip"],
  });
  expect(isFiltered(NO_FILTERS)).toBe(false);
});

test("states are counted", () => {
  expect([...countStates(cars)]).toEqual([
    ["available", 2],
    ["on_trip", 1],
  ]);
});
