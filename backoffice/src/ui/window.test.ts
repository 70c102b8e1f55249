import { expect, test } from "vitest";

import { range } from "./window";

test("only the rows in sight and a few around exist", () => {
  expect(range(0, 440, 44, 1_000)).toEqual({ first: 0, last: 18 });
  expect(range(4_400, 440, 44, 1_000)).toEqual({ first: 92, last: 118 });
  expect(range(43_560, 440, 44, 1_000)).toEqual({ first: 982, last: 1_000 });
});

test("a list that became shorter than it was scrolled shows its end", () => {
  expect(range(43_560, 440, 44, 5)).toEqual({ first: 5, last: 5 });
  expect(range(43_560, 440, 44, 0)).toEqual({ first: 0, last: 0 });
});

test("overscrolling and a box of no size are no trouble", () => {
  expect(range(-80, 440, 44, 1_000).first).toBe(0);
  expect(range(0, 0, 44, 1_000).last).toBe(9);
});
