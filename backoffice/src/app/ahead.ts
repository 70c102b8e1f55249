/** What the first page needs is asked for before there is a page. */

import { getMe, listVehicles } from "../api/calls";
import type { Services } from "./services";

/** The whole fleet, and ms between two looks at it. */
export const FLEET = { key: "vehicles", every: 5_000 } as const;
export const ME = { key: "me" } as const;

export function loadAhead({ api, sources }: Services, path: string): void {
  void sources.source(ME.key, (signal) => getMe(api, signal)).refresh();
  if (path !== "/") return;
  void sources.source(FLEET.key, (signal) => listVehicles(api, signal), FLEET.every).refresh();
}
