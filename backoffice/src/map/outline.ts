/** The outline of a market: the area in which its cars may be, from the platform's own data. */

import { mercator, type Ring } from "./projection";

const FILES = import.meta.glob<string>("../../../functions/ev_rental/market_data/*.geojson", {
  query: "?raw",
  import: "default",
});

interface Feature {
  readonly geometry:
    | { readonly type: "Polygon"; readonly coordinates: readonly (readonly (readonly number[])[])[] }
    | { readonly type: "MultiPolygon"; readonly coordinates: readonly (readonly (readonly (readonly number[])[])[])[] };
}

/** Rings in Mercator units. Raises RangeError for a market that has no outline. */
export async function loadOutline(market: string): Promise<readonly Ring[]> {
  const load = Object.entries(FILES).find(([path]) => path.endsWith(`/${market}.geojson`))?.[1];
  if (load === undefined) throw new RangeError(`there is no outline of the market ${market}`);
  return rings(JSON.parse(await load()) as Feature);
}

export function rings(feature: Feature): readonly Ring[] {
  const { geometry } = feature;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flatMap((polygon) =>
    polygon.map((ring) => ring.map(([longitude, latitude]) => mercator(longitude ?? 0, latitude ?? 0))),
  );
}
