/** Axes: where values lie, and which of them are written beside the axis. */

export interface Domain {
  readonly low: number;
  readonly high: number;
}

/** About `count` round values that cover the domain; the first and the last are its new ends. */
export function ticks({ low, high }: Domain, count = 4): readonly number[] {
  const span = high - low;
  if (!(span > 0)) return ticks({ low: low - 1, high: low + 1 }, count);
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  // Multiples of the step, so that no rounding error adds up.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

const STEPS = [60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400].map((s) => s * 1_000);

/** Round times (ms) in the domain, at most `count` of them. */
export function timeTicks({ low, high }: Domain, count: number): readonly number[] {
  const step = STEPS.find((size) => (high - low) / size <= count) ?? 86_400_000;
  const found: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(at);
  return found;
}

export function domainOf(values: Iterable<number>, least?: Partial<Domain>): Domain {
  let low = least?.low ?? Infinity;
  let high = least?.high ?? -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? { low, high } : { low: 0, high: 1 };
}

export interface Sample {
  readonly at: number;
  readonly value: number | undefined;
}

/** Samples in pieces without gaps: none that is undefined, none that is more than `gap` ms after another. */
export function pieces(samples: readonly Sample[], gap: number): { at: number; value: number }[][] {
  const found: { at: number; value: number }[][] = [];
  let before = -Infinity;
  for (const { at, value } of samples) {
    if (value === undefined) {
      before = -Infinity;
      continue;
    }
    if (at - before > gap) found.push([]);
    found.at(-1)?.push({ at, value });
    before = at;
  }
  return found;
}

/** The index of the sample nearest to `at`; -1 of none. Samples are in order. */
export function nearestIndex(samples: readonly Sample[], at: number): number {
  let found = -1;
  let best = Infinity;
  samples.forEach((sample, index) => {
    const distance = Math.abs(sample.at - at);
    if (sample.value !== undefined && distance < best) {
      best = distance;
      found = index;
    }
  });
  return found;
}
