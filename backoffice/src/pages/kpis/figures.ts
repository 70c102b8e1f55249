/** Sums and means of days; a day without a figure counts for nothing. */

import { addDays } from "../../text/format";

export interface Change {
  /** Of what it was before: 0.1 is a tenth more. */
  readonly share: number;
  readonly is: "better" | "worse" | "same";
}

export function total<T>(rows: readonly T[], of: (row: T) => number | undefined): number | undefined {
  const values = rows.flatMap((row) => of(row) ?? []);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

export function mean<T>(rows: readonly T[], of: (row: T) => number | undefined): number | undefined {
  const values = rows.flatMap((row) => of(row) ?? []);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function compare(
  now: number | undefined,
  before: number | undefined,
  better: "more" | "less",
): Change | undefined {
  if (now === undefined || before === undefined || before === 0) return undefined;
  const share = (now - before) / Math.abs(before);
  if (Math.abs(share) < 0.0005) return { share: 0, is: "same" };
  return { share, is: share > 0 === (better === "more") ? "better" : "worse" };
}

/** Every day from `first` to `last`, those that were not counted without a value. */
export function everyDay<T extends { readonly day: string }>(
  rows: readonly T[],
  first: string,
  last: string,
  of: (row: T) => number | undefined,
): { readonly day: string; readonly value: number | undefined }[] {
  const known = new Map(rows.map((row) => [row.day, of(row)]));
  const days: { day: string; value: number | undefined }[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push({ day, value: known.get(day) });
  return days;
}
