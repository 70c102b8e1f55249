/** The market on a plane: web Mercator, fitted to a rectangle of the screen. Longitudes and latitudes are
 * WGS 84 degrees, points are [x, y] with y downwards. */

export type Point = readonly [x: number, y: number];
export type Ring = readonly Point[];

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Degrees -> Mercator units; the equator is 360 units around, so near it a unit is a degree. */
export function mercator(longitude: number, latitude: number): Point {
  const bounded = Math.max(-85, Math.min(85, latitude));
  const y = Math.log(Math.tan(Math.PI / 4 + (bounded * Math.PI) / 360));
  return [longitude, (-y * 180) / Math.PI];
}

/** The latitude, in degrees, of a height on the plane. */
export function latitudeOf(y: number): number {
  return (Math.atan(Math.exp((-y * Math.PI) / 180)) * 360) / Math.PI - 90;
}

export function boxOf(points: Iterable<Point>): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (left > right) throw new RangeError("there is no box around no points");
  return { left, top, right, bottom };
}

/** How the plane lies under the screen: `screen = plane * scale + offset`. */
export interface View {
  readonly scale: number;
  readonly dx: number;
  readonly dy: number;
}

/** The view in which all of `box` is seen, in the middle, with `margin` pixels around. */
export function fit(box: Box, width: number, height: number, margin: number): View {
  const wide = Math.max(box.right - box.left, 1e-6);
  const high = Math.max(box.bottom - box.top, 1e-6);
  const scale = Math.max(
    1e-6,
    Math.min(Math.max(width - 2 * margin, 1) / wide, Math.max(height - 2 * margin, 1) / high),
  );
  return {
    scale,
    dx: width / 2 - ((box.left + box.right) / 2) * scale,
    dy: height / 2 - ((box.top + box.bottom) / 2) * scale,
  };
}

export function toScreen(view: View, [x, y]: Point): Point {
  return [x * view.scale + view.dx, y * view.scale + view.dy];
}

/** Zooms by `factor` around a point of the screen, within `limits` of the scale. */
export function zoom(view: View, factor: number, [x, y]: Point, limits: readonly [number, number]): View {
  const scale = Math.max(limits[0], Math.min(limits[1], view.scale * factor));
  const real = scale / view.scale;
  return { scale, dx: x - (x - view.dx) * real, dy: y - (y - view.dy) * real };
}

export function pan(view: View, dx: number, dy: number): View {
  return { ...view, dx: view.dx + dx, dy: view.dy + dy };
}

/** The nearest of `points` to a point of the screen, at most `reach` pixels away: its index, or -1. */
export function nearest(view: View, points: readonly Point[], [x, y]: Point, reach: number): number {
  let found = -1;
  let best = reach * reach;
  for (let index = 0; index < points.length; index += 1) {
    const [px, py] = toScreen(view, points[index]!);
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance <= best) {
      best = distance;
      found = index;
    }
  }
  return found;
}

/** An SVG path of closed rings. */
export function ringPath(rings: readonly Ring[]): string {
  return rings.map((ring) => `M${ring.map(([x, y]) => `${round(x)},${round(y)}`).join("L")}Z`).join("");
}

/** An SVG path of dots: lines of no length, which round caps make visible at any scale. */
export function dotPath(points: Iterable<Point>): string {
  let path = "";
  for (const [x, y] of points) path += `M${round(x)},${round(y)}h0`;
  return path;
}

/** Six digits are a decimetre. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
