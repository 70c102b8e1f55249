import type { ReactElement } from "react";
import { Link } from "wouter";

import type { BookingView } from "../../api/schema.gen";
import { useFormat } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { Tag } from "../../ui/badges";
import { BOOKING_TONES } from "../shared";

interface BookingsTableProps {
  readonly bookings: readonly BookingView[];
  readonly withCar?: boolean;
  readonly onOpen?: (booking: BookingView) => void;
}

/** Bookings and their trips, as a plain table. */
export function BookingsTable({ bookings, withCar = false, onOpen }: BookingsTableProps): ReactElement {
  const format = useFormat();
  return (
    <table className="plain">
      <thead>
        <tr>
          <th scope="col">{text.columns.booking}</th>
          {withCar && <th scope="col">{text.columns.car}</th>}
          <th scope="col">{text.columns.state}</th>
          <th scope="col">{text.columns.held}</th>
          <th scope="col">{text.columns.started}</th>
          <th scope="col" className="end">
            {text.bookings.length}
          </th>
          <th scope="col" className="end">
            {text.columns.distance}
          </th>
          <th scope="col">{text.columns.rider}</th>
        </tr>
      </thead>
      <tbody>
        {bookings.map((booking) => (
          <tr key={booking.bookingId}>
            <td>
              {onOpen === undefined ? (
                <Link href={`/bookings?booking=${booking.bookingId}`} className="mono">
                  {booking.bookingId.slice(0, 8)}
                </Link>
              ) : (
                <button type="button" className="link mono" onClick={() => onOpen(booking)}>
                  {booking.bookingId.slice(0, 8)}
                </button>
              )}
            </td>
            {withCar && (
              <td className="nowrap">
                <Link href={`/vehicles/${booking.vehicleId}`}>{booking.vehicleId}</Link>
              </td>
            )}
            <td>
              <Tag tone={BOOKING_TONES[booking.state]} words={labelOf(text.bookingStates, booking.state)} />
            </td>
            <td className="number nowrap">{format.time(booking.createdAt)}</td>
            <td className="number nowrap">{format.time(booking.startedAt)}</td>
            <td className="number end nowrap">{format.minutes(minutesOf(booking))}</td>
            <td className="number end nowrap">{format.kilometres(booking.metres, 1)}</td>
            <td className="mono muted">{booking.riderId.slice(0, 8)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function minutesOf({
  startedAt,
  endedAt,
}: Pick<BookingView, "startedAt" | "endedAt">): number | undefined {
  return startedAt === undefined || endedAt === undefined ? undefined : (endedAt - startedAt) / 60_000;
}
