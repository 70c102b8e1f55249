/** Numbers, money and times as the market writes them. Absent values are a dash, never an empty cell. */

import type { Config } from "../config";

export const ABSENT = "\u2013";

type Place = Pick<Config, "locale" | "timeZone" | "currency">;

export class Format {
  private readonly locale: string;
  private readonly minorUnits: number;
  private readonly moneyFormat: Intl.NumberFormat;
  private readonly wholeMoneyFormat: Intl.NumberFormat;
  private readonly timeFormat: Intl.DateTimeFormat;
  private readonly clockFormat: Intl.DateTimeFormat;
  private readonly dayFormat: Intl.DateTimeFormat;
  private readonly shortDayFormat: Intl.DateTimeFormat;
  private readonly isoDayFormat: Intl.DateTimeFormat;
  private readonly agoFormat = new Intl.RelativeTimeFormat("en", { style: "narrow", numeric: "always" });
  private readonly numberFormats = new Map<number, Intl.NumberFormat>();

  constructor(place: Place) {
    const { locale, timeZone } = place;
    this.locale = locale;
    this.minorUnits = place.currency.minorUnits;
    const currency = { style: "currency", currency: place.currency.code } as const;
    this.moneyFormat = new Intl.NumberFormat(locale, {
      ...currency,
      minimumFractionDigits: this.minorUnits,
      maximumFractionDigits: this.minorUnits,
    });
    this.wholeMoneyFormat = new Intl.NumberFormat(locale, {
      ...currency,
      notation: "compact",
      minimumFractionDigits: 0,
      maximumFractionDigits: 1,
    });
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    const day = { day: "numeric", month: "short" } as const;
    this.timeFormat = new Intl.DateTimeFormat(locale, { timeZone, ...day, ...time });
    this.clockFormat = new Intl.DateTimeFormat(locale, { timeZone, ...time });
    this.dayFormat = new Intl.DateTimeFormat(locale, {
      timeZone: "UTC",
      ...day,
      year: "numeric",
      weekday: "short",
    });
    this.shortDayFormat = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...day });
    this.isoDayFormat = new Intl.DateTimeFormat("en-CA", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
  }

  /** `minor`: an integer number of minor units. Exact, whatever the amount. */
  money(minor: number | undefined): string {
    if (minor === undefined) return ABSENT;
    return this.moneyFormat.format(decimal(minor, this.minorUnits));
  }

  /** An axis label: 1.2k rather than every digit. */
  roughMoney(minor: number): string {
    return this.wholeMoneyFormat.format(minor / 10 ** this.minorUnits);
  }

  number(value: number | undefined, digits = 0): string {
    if (value === undefined) return ABSENT;
    let format = this.numberFormats.get(digits);
    if (format === undefined) {
      format = new Intl.NumberFormat(this.locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      this.numberFormats.set(digits, format);
    }
    return format.format(value);
  }

  quantity(value: number | undefined, unit: string, digits = 0): string {
    return value === undefined ? ABSENT : `${this.number(value, digits)}\u202f${unit}`;
  }

  /** `share`: 0 to 1. */
  share(share: number | undefined, digits = 0): string {
    return share === undefined ? ABSENT : this.quantity(share * 100, "%", digits);
  }

  kilometres(metres: number | undefined, digits = 0): string {
    return metres === undefined ? ABSENT : this.quantity(metres / 1000, "km", digits);
  }

  /** Day and time of ms `at`, where the market is. */
  time(at: number | undefined): string {
    return at === undefined ? ABSENT : this.timeFormat.format(at);
  }

  clock(at: number | undefined): string {
    return at === undefined ? ABSENT : this.clockFormat.format(at);
  }

  /** `day`: yyyy-mm-dd of the market's calendar. */
  day(day: string): string {
    return this.dayFormat.format(Date.parse(`${day}T00:00:00Z`));
  }

  shortDay(day: string): string {
    return this.shortDayFormat.format(Date.parse(`${day}T00:00:00Z`));
  }

  /** The market's day of ms `at`, yyyy-mm-dd. */
  isoDay(at: number): string {
    return this.isoDayFormat.format(at);
  }

  /** How long before `now` (ms) `at` was. */
  ago(at: number | undefined, now: number): string {
    if (at === undefined || at === 0) return ABSENT;
    const seconds = Math.max(0, Math.round((now - at) / 1000));
    if (seconds < 60) return this.agoFormat.format(-seconds, "second");
    if (seconds < 3_600) return this.agoFormat.format(-Math.floor(seconds / 60), "minute");
    if (seconds < 172_800) return this.agoFormat.format(-Math.floor(seconds / 3_600), "hour");
    return this.agoFormat.format(-Math.floor(seconds / 86_400), "day");
  }

  /** A length of time, such as `1 h 05 min`. */
  minutes(minutes: number | undefined): string {
    if (minutes === undefined) return ABSENT;
    const whole = Math.round(minutes);
    const hours = Math.floor(whole / 60);
    if (hours === 0) return `${whole}\u202fmin`;
    return `${this.number(hours)}\u202fh ${String(whole % 60).padStart(2, "0")}\u202fmin`;
  }
}

/** The exact decimal of an integer of `10 ** -digits`. */
export function decimal(minor: number, digits: number): Intl.StringNumericLiteral {
  const sign = minor < 0 ? "-" : "";
  const text = String(Math.abs(Math.trunc(minor))).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const part = digits === 0 ? "" : `.${text.slice(-digits)}`;
  return `${sign}${whole}${part}` as Intl.StringNumericLiteral;
}

/** `day` (yyyy-mm-dd) moved by whole days. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
