import { describe, expect, test } from "vitest";

import {
  boxOf,
  dotPath,
  fit,
  latitudeOf,
  mercator,
  nearest,
  pan,
  ringPath,
  toScreen,
  zoom,
} from "./projection";

const box = boxOf([mercator(103.6, 1.185), mercator(104.06, 1.475)]);

describe("the projection", () => {
  test("is a plain grid near the equator and stretches towards the poles", () => {
    expect(mercator(103.8, 0)[1]).toBeCloseTo(0, 9);
    expect(mercator(103.8, 1.3)[1]).toBeCloseTo(-1.3001, 3);
    expect(mercator(139.7, 35.7)[1] - mercator(139.7, 36.7)[1]).toBeCloseTo(1.2395, 3);
  });

  test("goes back to the latitude", () => {
    for (const latitude of [-37.8, 0, 1.29, 35.7])
      expect(latitudeOf(mercator(100, latitude)[1])).toBeCloseTo(latitude, 9);
  });

  test("fits the whole box into the middle of the screen", () => {
    const view = fit(box, 800, 400, 20);
    const [left, top] = toScreen(view, [box.left, box.top]);
    const [right, bottom] = toScreen(view, [box.right, box.bottom]);
    expect(top).toBeCloseTo(20, 6);
    expect(bottom).toBeCloseTo(380, 6);
    expect(left).toBeGreaterThanOrEqual(20);
    expect(left + right).toBeCloseTo(800, 6);
  });

  test("survives a screen of no size", () => {
    expect(fit(box, 0, 0, 20).scale).toBeGreaterThan(0);
  });
});

describe("zooming and panning", () => {
  const view = fit(box, 800, 400, 20);

  test("keeps what is under the pointer there", () => {
    const near = zoom(view, 3, [200, 100], [0, 1e9]);
    const plane = [(200 - view.dx) / view.scale, (100 - view.dy) / view.scale] as const;
    expect(toScreen(near, plane)[0]).toBeCloseTo(200, 6);
    expect(toScreen(near, plane)[1]).toBeCloseTo(100, 6);
  });

  test("stops at the limits", () => {
    expect(zoom(view, 1e6, [0, 0], [view.scale, view.scale * 40]).scale).toBe(view.scale * 40);
    expect(zoom(view, 1e-6, [0, 0], [view.scale, view.scale * 40]).scale).toBe(view.scale);
  });

  test("moves by pixels", () => {
    expect(pan(view, 5, -7)).toEqual({ scale: view.scale, dx: view.dx + 5, dy: view.dy - 7 });
  });
});

test("the nearest point within reach is found, and none out of reach", () => {
  const view = { scale: 100, dx: 0, dy: 0 };
  const points = [
    [1, 1],
    [1.05, 1],
    [3, 3],
  ] as const;
  expect(nearest(view, points, [104, 100], 12)).toBe(1);
  expect(nearest(view, points, [200, 200], 12)).toBe(-1);
});

test("paths are rounded and closed", () => {
  expect(
    ringPath([
      [
        [0, 0],
        [1, 0],
        [1.00000049, 1],
      ],
    ]),
  ).toBe("M0,0L1,0L1,1Z");
  expect(
    dotPath([
      [1, 2],
      [3, 4],
    ]),
  ).toBe("M1,2h0M3,4h0");
});
