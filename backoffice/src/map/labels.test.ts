import { expect, test } from "vitest";

import { labelSides, scaleBar } from "./labels";

test("names go where they cover nothing, or nowhere", () => {
  const far = { at: [400, 300], name: "Jurong East" } as const;
  const marina = { at: [100, 100], name: "Marina Bay" } as const;
  const near = { at: [112, 106], name: "Tanjong Pagar" } as const;
  expect(labelSides([far])).toEqual(["below"]);
  expect(labelSides([marina, near])).toEqual(["above", "below"]);
  expect(
    labelSides([marina, marina, marina, marina]).filter((side) => side === "none").length,
  ).toBeGreaterThan(0);
});

test("the scale bar is a round distance, as long as there is room", () => {
  const bar = scaleBar(1_112, 0, 120);
  expect(bar.kilometres).toBe(10);
  expect(bar.pixels).toBeCloseTo(100, 0);
  expect(scaleBar(60_000, 1.3, 120).kilometres).toBe(0.2);
});
