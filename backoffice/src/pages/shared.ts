/** What several pages know of the API. */

import type { BookingState, Priority, WorkOrderStatus } from "../api/schema.gen";
import type { Tone } from "../ui/states";

/** Keys of the data that acts on alerts change: a car that was blocked may be free. */
export const CHANGED_BY_ALERTS = ["alerts", "vehicle", "fleet", "audit"] as const;
/** Keys of the data that acts on a car change. */
export const CHANGED_BY_CARS = ["vehicle", "fleet", "stations", "audit"] as const;

/** The longest that a reason or a note may be. */
export const MAX_NOTE = 500;

export const PRIORITIES: readonly Priority[] = ["low", "normal", "high", "urgent"];

export const PRIORITY_TONES: Record<Priority, Tone | undefined> = {
  low: undefined,
  normal: "info",
  high: "warning",
  urgent: "critical",
};

export const WORK_TONES: Record<WorkOrderStatus, Tone | undefined> = {
  OPEN: "warning",
  ASSIGNED: "info",
  DONE: "good",
  CANCELLED: undefined,
};

export const BOOKING_TONES: Record<BookingState, Tone | undefined> = {
  HELD: "warning",
  ACTIVE: "info",
  COMPLETED: "good",
  INVOICED: "good",
  EXPIRED: undefined,
  CANCELLED: undefined,
};
