import { useSyncExternalStore } from "react";

import { getFleetSummary } from "../api/calls";
import type { Connection } from "../api/live";
import { useLive } from "./hooks";
import { useServices } from "./services";

export function useConnection(): Connection {
  const { sources } = useServices();
  return useSyncExternalStore(sources.subscribe, sources.current);
}

/** How many alerts are not resolved; 0 before it is known. */
export function useOpenAlerts(): number {
  const { api } = useServices();
  const summary = useLive("fleet/summary", (signal) => getFleetSummary(api, signal), 15_000);
  return summary.data?.alerts.reduce((sum, { count }) => sum + count, 0) ?? 0;
}
