/** What differs between deployments: `/config.json`, written by the deployment, read once at the start. */

export interface Config {
  /** `dev` or `prod`. */
  readonly environment: string;
  /** ISO 3166-1 alpha-2, lower case. */
  readonly market: string;
  readonly marketName: string;
  /** BCP 47: how numbers, money and times are written. */
  readonly locale: string;
  /** IANA: in which times are shown. */
  readonly timeZone: string;
  /** ISO 4217; amounts are integers of `10 ** -minorUnits`. */
  readonly currency: { readonly code: string; readonly minorUnits: number };
  /** Without a slash at its end. */
  readonly apiBaseUrl: string;
  readonly login: LoginConfig;
}

export interface LoginConfig {
  /** `iss` of the tokens. */
  readonly issuer: string;
  /** The hosted login, without a slash at its end. */
  readonly url: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Raises ConfigError, which names what is missing or wrong. */
export async function loadConfig(fetcher: typeof fetch = fetch): Promise<Config> {
  const response = await fetcher("/config.json", { cache: "no-store" });
  if (!response.ok) {
    throw new ConfigError(`/config.json answers ${response.status}: the deployment has to write it`);
  }
  return readConfig(await response.json());
}

export function readConfig(given: unknown): Config {
  const root = object(given, "config.json");
  const currency = object(root["currency"], "currency");
  const login = object(root["login"], "login");
  const minorUnits = currency["minorUnits"];
  if (typeof minorUnits !== "number" || ![0, 1, 2, 3].includes(minorUnits)) {
    throw new ConfigError(`currency.minorUnits is ${JSON.stringify(minorUnits)}: 0 to 3 is expected`);
  }
  const scopes = login["scopes"];
  if (!Array.isArray(scopes) || !scopes.every((scope): scope is string => typeof scope === "string")) {
    throw new ConfigError(`login.scopes is ${JSON.stringify(scopes)}: a list of names is expected`);
  }
  return {
    environment: text(root, "environment"),
    market: text(root, "market"),
    marketName: text(root, "marketName"),
    locale: text(root, "locale"),
    timeZone: text(root, "timeZone"),
    currency: { code: text(currency, "code"), minorUnits },
    apiBaseUrl: url(root, "apiBaseUrl"),
    login: {
      issuer: url(login, "issuer"),
      url: url(login, "url"),
      clientId: text(login, "clientId"),
      scopes,
    },
  };
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigError(`${name} is ${JSON.stringify(value)}: an object is expected`);
  }
  return value as Record<string, unknown>;
}

function text(from: Record<string, unknown>, name: string): string {
  const value = from[name];
  if (typeof value !== "string" || value === "") {
    throw new ConfigError(`${name} is ${JSON.stringify(value)}: a text is expected`);
  }
  return value;
}

function url(from: Record<string, unknown>, name: string): string {
  const value = text(from, name);
  if (!URL.canParse(value) || value.endsWith("/")) {
    throw new ConfigError(
      `${name} is ${JSON.stringify(value)}: a URL without a slash at its end is expected`,
    );
  }
  return value;
}
