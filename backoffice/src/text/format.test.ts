import { describe, expect, test } from "vitest";

import { addDays, decimal, Format } from "./format";

const singapore = new Format({
  locale: "en-SG",
  timeZone: "Asia/Singapore",
  currency: { code: "SGD", minorUnits: 2 },
});
const japan = new Format({
  locale: "ja-JP",
  timeZone: "Asia/Tokyo",
  currency: { code: "JPY", minorUnits: 0 },
});
const vietnam = new Format({
  locale: "vi-VN",
  timeZone: "Asia/Ho_Chi_Minh",
  currency: { code: "VND", minorUnits: 0 },
});
const NOON = Date.UTC(2026, 10, 22, 4, 0); // 12:00 in Singapore

describe("money", () => {
  test("has the currency's minor units, and no float in between", () => {
    expect(singapore.money(123_456)).toBe("$1,234.56");
    expect(singapore.money(5)).toBe("$0.05");
    expect(singapore.money(-1_999)).toBe("-$19.99");
    expect(singapore.money(9_007_199_254_740_991)).toBe("$90,071,992,547,409.91");
  });

  test("has none where the currency has none", () => {
    expect(japan.money(1_980)).toBe("\uffe51,980");
    expect(vietnam.money(45_000).replace("\u00a0", " ")).toBe("45.000 \u20ab");
  });

  test("is a dash when there is none", () => {
    expect(singapore.money(undefined)).toBe("\u2013");
  });

  test("is an exact decimal", () => {
    expect(decimal(7, 2)).toBe("0.07");
    expect(decimal(-1_205, 3)).toBe("-1.205");
    expect(decimal(12, 0)).toBe("12");
  });
});

describe("times", () => {
  test("are the market's, wherever the browser is", () => {
    expect(singapore.clock(NOON)).toBe("12:00");
    expect(japan.clock(NOON)).toBe("13:00");
    expect(singapore.isoDay(Date.UTC(2026, 10, 22, 17, 0))).toBe("2026-11-23");
  });

  test("tell how long ago in the largest whole unit", () => {
    expect(singapore.ago(NOON - 12_000, NOON)).toBe("12s ago");
    expect(singapore.ago(NOON - 119_000, NOON)).toBe("1m ago");
    expect(singapore.ago(NOON - 3 * 3_600_000, NOON)).toBe("3h ago");
    expect(singapore.ago(NOON - 3 * 86_400_000, NOON)).toBe("3d ago");
    expect(singapore.ago(NOON + 5_000, NOON)).toBe("0s ago");
    expect(singapore.ago(0, NOON)).toBe("\u2013");
  });

  test("of length have hours from an hour on", () => {
    expect(singapore.minutes(59.6)).toBe("1\u202fh 00\u202fmin");
    expect(singapore.minutes(5)).toBe("5\u202fmin");
  });

  test("of days go over months", () => {
    expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  });
});
