import { createContext, useContext } from "react";

import type { Api } from "../api/client";
import type { Sources } from "../api/live";
import type { Config } from "../config";
import type { Session } from "../session/session";
import type { Format } from "../text/format";

/** What every page is made of; there is one of each. */
export interface Services {
  readonly config: Config;
  readonly format: Format;
  readonly session: Session;
  readonly api: Api;
  readonly sources: Sources;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === null) throw new Error("useServices() is called outside of ServicesContext");
  return services;
}

export function useFormat(): Format {
  return useServices().format;
}
