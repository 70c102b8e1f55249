import { createContext, useContext } from "react";

import type { MarketView, MeView, StationPlace, VehicleTypeView } from "../api/schema.gen";
import { mercator, type Ring } from "../map/projection";

/** Who uses the page, what they may do, and the market they work in. */
export interface Me {
  readonly sub: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly may: (operation: string) => boolean;
  readonly market: MarketView;
  readonly outline: readonly Ring[];
  readonly stations: ReadonlyMap<string, StationPlace>;
  readonly types: ReadonlyMap<string, VehicleTypeView>;
}

export function meFrom(view: MeView): Me {
  const allowed = new Set(view.permissions);
  return {
    sub: view.sub,
    name: view.name,
    groups: view.groups,
    may: (operation) => allowed.has(operation),
    market: view.market,
    outline: [view.market.outline.map(({ longitude, latitude }) => mercator(longitude, latitude))],
    stations: new Map(view.market.stations.map((station) => [station.stationId, station])),
    types: new Map(view.market.vehicleTypes.map((type) => [type.vehicleTypeId, type])),
  };
}

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("useMe() is called outside of MeContext");
  return me;
}
