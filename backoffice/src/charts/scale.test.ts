import { describe, expect, test } from "vitest";

import { domainOf, nearestIndex, pieces, ticks, timeTicks } from "./scale";

describe("ticks", () => {
  test("are round and cover the values", () => {
    expect(ticks({ low: 0, high: 97 })).toEqual([0, 25, 50, 75, 100]);
    expect(ticks({ low: 21.3, high: 38.9 })).toEqual([20, 25, 30, 35, 40]);
    expect(ticks({ low: 0, high: 0.93 })).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(ticks({ low: -3, high: 4 })).toEqual([-4, -2, 0, 2, 4]);
  });

  test("exist even when all values are the same", () => {
    expect(ticks({ low: 5, high: 5 }).length).toBeGreaterThan(2);
  });

  test("of time are round too, and not too many", () => {
    const low = Date.UTC(2026, 10, 22, 9, 7);
    const found = timeTicks({ low, high: low + 3 * 3_600_000 }, 6);
    expect(found.length).toBeLessThanOrEqual(6);
    expect(found[0]).toBe(Date.UTC(2026, 10, 22, 9, 30));
  });
});

test("a domain has at least what it is told to have", () => {
  expect(domainOf([3, 8], { low: 0 })).toEqual({ low: 0, high: 8 });
  expect(domainOf([])).toEqual({ low: 0, high: 1 });
});

test("a line is broken where there is no sample", () => {
  const samples = [0, 60, 120, 900, 960].map((s, i) => ({ at: s * 1_000, value: i === 1 ? undefined : i }));
  expect(pieces(samples, 300_000).map((piece) => piece.map((sample) => sample.value))).toEqual([
    [0],
    [2],
    [3, 4],
  ]);
});

test("the nearest sample is one with a value", () => {
  const samples = [
    { at: 0, value: 1 },
    { at: 10, value: undefined },
    { at: 30, value: 3 },
  ];
  expect(nearestIndex(samples, 12)).toBe(0);
  expect(nearestIndex(samples, 29)).toBe(2);
  expect(nearestIndex([], 1)).toBe(-1);
});
