/** Where names are written beside their markers, so that none covers another. */

import type { Point } from "./projection";

export type Side = "below" | "above" | "right" | "none";

export interface Marker {
  readonly at: Point;
  readonly name: string;
}

interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Pixels of an average letter, and of a line. */
const LETTER = 6.8;
const LINE = 14;
const HALF = 12;

/** For each marker the first side on which its name covers neither a marker nor a name before it. */
export function labelSides(markers: readonly Marker[]): readonly Side[] {
  const taken = markers.map(({ at: [x, y] }) => ({
    left: x - HALF,
    top: y - HALF,
    right: x + HALF,
    bottom: y + HALF,
  }));
  return markers.map((marker, index) => {
    for (const side of ["below", "above", "right"] as const) {
      const wanted = rectOf(marker, side);
      if (taken.some((other, its) => its !== index && overlap(wanted, other))) continue;
      taken.push(wanted);
      return side;
    }
    return "none";
  });
}

/** Where the text stands, relative to its marker. */
export const OFFSETS: Record<Exclude<Side, "none">, { x: number; y: number; anchor: "middle" | "start" }> = {
  below: { x: 0, y: 26, anchor: "middle" },
  above: { x: 0, y: -17, anchor: "middle" },
  right: { x: 17, y: 4, anchor: "start" },
};

function rectOf({ at: [x, y], name }: Marker, side: Exclude<Side, "none">): Rect {
  const { x: dx, y: dy, anchor } = OFFSETS[side];
  const width = name.length * LETTER;
  const left = x + dx - (anchor === "middle" ? width / 2 : 0);
  return { left, top: y + dy - LINE + 3, right: left + width, bottom: y + dy + 3 };
}

function overlap(a: Rect, b: Rect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

export interface ScaleBar {
  readonly pixels: number;
  readonly kilometres: number;
}

/** A round distance that is at most `widest` pixels long. `scale`: pixels a degree of longitude. */
export function scaleBar(scale: number, latitude: number, widest: number): ScaleBar {
  const perKilometre = scale / (111.195 * Math.cos((latitude * Math.PI) / 180));
  const rough = widest / perKilometre;
  const power = 10 ** Math.floor(Math.log10(rough));
  const kilometres = ([5, 2, 1].find((factor) => factor * power <= rough) ?? 1) * power;
  return { pixels: kilometres * perKilometre, kilometres };
}
