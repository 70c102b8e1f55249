/** Measured values with their units, as the platform names them. */

import { text } from "../text/en";
import type { Format } from "../text/format";

const SIGNS: Record<string, string> = {
  percent: "%",
  Celsius: "\u00b0C",
  "Celsius in 60 s": "\u00b0C in 60 s",
  degrees: "\u00b0",
  "m/s^2": "m/s\u00b2",
};

export function reading(format: Format, value: number, unit: string): string {
  if (unit === "flag") return value > 0 ? text.vehicle.yes : text.vehicle.no;
  if (unit.startsWith("share")) return `${format.share(value)} ${unit.replace(/^share ?/, "")}`.trim();
  const digits = Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1;
  return format.quantity(value, SIGNS[unit] ?? unit, digits);
}
