import { expect, test } from "vitest";

import { compare, everyDay, mean, total } from "./figures";

const rows = [
  { day: "2026-11-20", value: 10 },
  { day: "2026-11-22", value: 30 },
  { day: "2026-11-23", value: undefined },
];
const of = (row: (typeof rows)[number]): number | undefined => row.value;

test("days without a figure count for nothing", () => {
  expect(total(rows, of)).toBe(40);
  expect(mean(rows, of)).toBe(20);
  expect(mean([], of)).toBeUndefined();
  expect(total([rows[2]!], of)).toBeUndefined();
});

test("every day of a chart is there, also one that was not counted", () => {
  expect(everyDay(rows, "2026-11-20", "2026-11-22", of).map(({ value }) => value)).toEqual([
    10,
    undefined,
    30,
  ]);
});

test("whether more is better depends on the figure", () => {
  expect(compare(110, 100, "more")).toEqual({ share: 0.1, is: "better" });
  expect(compare(110, 100, "less")?.is).toBe("worse");
  expect(compare(100, 100, "more")?.is).toBe("same");
  expect(compare(100, 0, "more")).toBeUndefined();
  expect(compare(undefined, 5, "more")).toBeUndefined();
});
