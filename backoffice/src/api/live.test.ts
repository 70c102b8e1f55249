import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { pauseAfter, Sources } from "./live";
import { ApiProblem, Unreachable } from "./problem";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
const forbidden = new ApiProblem(403, "forbidden", "No", undefined, undefined, undefined);

test("pauses double up to the longest, and spread by chance", () => {
  expect([1, 2, 3, 9].map((failures) => pauseAfter(failures, 1))).toEqual([1_000, 2_000, 4_000, 30_000]);
  expect(pauseAfter(1, 0)).toBe(750);
});

test("what is looked at is loaded again and again, by one request for all who look", async () => {
  let count = 0;
  const source = new Sources().source("fleet", async () => (count += 1), 10_000);
  const leave = [source.subscribe(() => undefined), source.subscribe(() => undefined)];
  await settle();
  expect(source.current().data).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(source.current().data).toBe(3);
  for (const stop of leave) stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count).toBe(3);
});

test("an outage keeps the last data, is told, and is over by itself", async () => {
  const sources = new Sources();
  let down = false;
  const source = sources.source(
    "fleet",
    async () => {
      if (down) throw new Unreachable("refused");
      return "cars";
    },
    10_000,
  );
  source.subscribe(() => undefined);
  await settle();
  down = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(source.current().data).toBe("cars");
  expect(sources.current().isDown).toBe(true);
  expect(sources.current().retryAt).toBeGreaterThan(Date.now());
  down = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(source.current().error).toBeUndefined();
  expect(sources.current().isDown).toBe(false);
});

test("what is forbidden is neither shown any more nor asked for again", async () => {
  let asked = 0;
  const sources = new Sources();
  const source = sources.source(
    "audit",
    async () => {
      asked += 1;
      throw forbidden;
    },
    10_000,
  );
  source.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  expect(source.current().data).toBeUndefined();
  expect(sources.current().isDown).toBe(false);
});

test("an answer that was overtaken is dropped", async () => {
  const answers: ((value: string) => void)[] = [];
  const source = new Sources().source("fleet", () => new Promise<string>((resolve) => answers.push(resolve)));
  source.subscribe(() => undefined);
  void source.refresh();
  answers[1]?.("second");
  await settle();
  answers[0]?.("first");
  await settle();
  expect(source.current().data).toBe("second");
});

test("what was made a moment ago is not forgotten before anybody could look", () => {
  const sources = new Sources();
  const load = async (): Promise<number> => 1;
  const first = sources.source("summary", load);
  sources.source("vehicles", load);
  expect(sources.source("summary", load)).toBe(first);
  vi.advanceTimersByTime(600_000);
  sources.source("alerts", load);
  expect(sources.source("summary", load)).not.toBe(first);
});

test("what is loaded ahead is not loaded again by who looks first", async () => {
  let asked = 0;
  const source = new Sources().source("fleet", async () => (asked += 1), 10_000);
  void source.refresh();
  source.subscribe(() => undefined);
  await settle();
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBe(2);
});

test("an action makes what it changed load anew", async () => {
  const sources = new Sources();
  let fleet = 0;
  let kpis = 0;
  sources.source("vehicles/1", async () => (fleet += 1)).subscribe(() => undefined);
  sources.source("kpis", async () => (kpis += 1)).subscribe(() => undefined);
  await settle();
  sources.invalidate("vehicles");
  await settle();
  expect([fleet, kpis]).toEqual([2, 1]);
});
