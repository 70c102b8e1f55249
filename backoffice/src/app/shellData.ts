import { useSyncExternalStore } from "react";

import { getFleetSummary } from "../api/calls";
import type { Connection } from "../api/live";
import type { FleetSummary } from "../api/schema.gen";
import { useLive, type Live } from "./hooks";
import { useServices } from "./services";

export function useConnection(): Connection {
  const { sources } = useServices();
  return useSyncExternalStore(sources.subscribe, sources.current);
}

/** How the whole fleet stands. */
export function useFleetSummary(): Live<FleetSummary> {
  const { api } = useServices();
  return useLive("fleet/summary", (signal) => getFleetSummary(api, signal), 10_000);
}

/** How many alerts are not resolved; 0 before it is known. */
export function useOpenAlerts(): number {
  const summary = useFleetSummary();
  return summary.data?.alerts.reduce((sum, { count }) => sum + count, 0) ?? 0;
}
