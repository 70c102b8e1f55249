/** Which rows of a long list are in sight. */

/** Rows rendered beyond what is seen, so that a fast scroll meets no gap. */
const AROUND = 8;

/** From the first row (inclusive) to the last (exclusive); lengths in pixels. */
export function range(
  scrolled: number,
  seen: number,
  rowHeight: number,
  rows: number,
): { readonly first: number; readonly last: number } {
  const top = Math.floor(Math.max(0, scrolled) / rowHeight);
  const bottom = Math.ceil((Math.max(0, scrolled) + Math.max(seen, rowHeight)) / rowHeight);
  const last = Math.min(rows, bottom + AROUND);
  return { first: Math.max(0, Math.min(top - AROUND, last)), last };
}
