import { useRef, type KeyboardEvent, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { getBooking, getInvoice, listBookings, listInvoices, type BookingFilter } from "../../api/calls";
import { ApiProblem } from "../../api/problem";
import type { BookingPage, BookingState, BookingView, InvoicePage, InvoiceView } from "../../api/schema.gen";
import { useLive } from "../../app/hooks";
import { Page } from "../../app/Page";
import { usePaged, type Paged } from "../../app/paged";
import { useFormat, useServices } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { Tag } from "../../ui/badges";
import { Dialog } from "../../ui/Dialog";
import { Fact, Facts } from "../../ui/fields";
import { More } from "../../ui/More";
import { Empty, Fresh, Loaded, Message, Problem, Skeleton } from "../../ui/states";
import { BOOKING_TONES } from "../shared";
import { BookingsTable, minutesOf } from "./BookingsTable";
import { InvoicesTable } from "./InvoicesTable";

const TABS = ["bookings", "invoices"] as const;
type Tab = (typeof TABS)[number];
const STATES: readonly BookingState[] = ["HELD", "ACTIVE", "COMPLETED", "INVOICED", "EXPIRED", "CANCELLED"];

/** Bookings and what they cost. */
export default function BookingsPage(): ReactElement {
  const [query, setQuery] = useSearchParams();
  const tab: Tab = query.get("tab") === "invoices" ? "invoices" : "bookings";
  const day = query.get("day") ?? "";
  const state = STATES.find((each) => each === query.get("state"));
  const opened = query.get("booking");
  const set = (changes: Record<string, string>): void =>
    setQuery((old) => {
      const next = new URLSearchParams(old);
      for (const [name, value] of Object.entries(changes)) {
        if (value === "") next.delete(name);
        else next.set(name, value);
      }
      return next;
    });
  const filter = day === "" ? {} : { day };
  return (
    <>
      {tab === "bookings" ? (
        <Bookings
          filter={{ ...filter, ...(state === undefined ? {} : { state }) }}
          head={<Head tab={tab} day={day} state={state} onChange={set} />}
          onOpen={(booking) => set({ booking: booking.bookingId })}
        />
      ) : (
        <Invoices
          filter={filter}
          head={<Head tab={tab} day={day} state={undefined} onChange={set} />}
          onOpen={(invoice) => set({ booking: invoice.bookingId })}
        />
      )}
      {opened !== null && <BookingDialog bookingId={opened} onClose={() => set({ booking: "" })} />}
    </>
  );
}

interface HeadProps {
  readonly tab: Tab;
  readonly day: string;
  readonly state: BookingState | undefined;
  readonly onChange: (changes: Record<string, string>) => void;
}

function Head({ tab, day, state, onChange }: HeadProps): ReactElement {
  const format = useFormat();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: 0, ArrowRight: 1 }[event.key];
    if (to === undefined) return;
    onChange({ tab: TABS[to] ?? "bookings", state: "" });
    list.current?.querySelectorAll("button")[to]?.focus();
  };
  return (
    <>
      <div ref={list} className="tabs" role="tablist" aria-label={text.nav.bookings} onKeyDown={onKeyDown}>
        {TABS.map((each) => (
          <button
            key={each}
            id={`tab-${each}`}
            type="button"
            role="tab"
            aria-selected={each === tab}
            aria-controls="bookings-panel"
            tabIndex={each === tab ? 0 : -1}
            onClick={() => onChange({ tab: each, state: "" })}
          >
            {text.bookings.tabs[each]}
          </button>
        ))}
      </div>
      <div className="row">
        <input
          type="date"
          className="input date"
          aria-label={text.charts.day}
          value={day}
          max={format.isoDay(Date.now())}
          onChange={(event) => onChange({ day: event.target.value })}
        />
        {tab === "bookings" && (
          <select
            className="select fit"
            aria-label={text.columns.state}
            value={state ?? ""}
            onChange={(event) => onChange({ state: event.target.value })}
          >
            <option value="">{text.bookings.anyState}</option>
            {STATES.map((each) => (
              <option key={each} value={each}>
                {labelOf(text.bookingStates, each)}
              </option>
            ))}
          </select>
        )}
        {(day !== "" || state !== undefined) && (
          <button
            type="button"
            className="button quiet small"
            onClick={() => onChange({ day: "", state: "" })}
          >
            {text.actions.clear}
          </button>
        )}
      </div>
    </>
  );
}

interface ListProps<F, T> {
  readonly filter: F;
  readonly head: ReactElement;
  readonly onOpen: (row: T) => void;
}

function Bookings({ filter, head, onOpen }: ListProps<BookingFilter, BookingView>): ReactElement {
  const { api } = useServices();
  const list = usePaged(
    `bookings/${filter.day ?? ""}/${filter.state ?? ""}`,
    (cursor, signal) => listBookings(api, filter, cursor, signal),
    (page: BookingPage) => page.bookings,
    10_000,
  );
  return (
    <Listed list={list} head={head} tab="bookings">
      {(bookings) => <BookingsTable bookings={bookings} withCar onOpen={onOpen} />}
    </Listed>
  );
}

function Invoices({
  filter,
  head,
  onOpen,
}: ListProps<Omit<BookingFilter, "state">, InvoiceView>): ReactElement {
  const { api } = useServices();
  const list = usePaged(
    `invoices/${filter.day ?? ""}`,
    (cursor, signal) => listInvoices(api, filter, cursor, signal),
    (page: InvoicePage) => page.invoices,
    10_000,
  );
  return (
    <Listed list={list} head={head} tab="invoices">
      {(invoices) => <InvoicesTable invoices={invoices} onOpen={onOpen} />}
    </Listed>
  );
}

interface ListedProps<T> {
  readonly list: Paged<T>;
  readonly head: ReactElement;
  readonly tab: Tab;
  readonly children: (rows: readonly T[]) => ReactElement;
}

function Listed<T>({ list, head, tab, children }: ListedProps<T>): ReactElement {
  return (
    <Page title={text.nav.bookings} aside={<Fresh live={list.live} />}>
      {head}
      <section id="bookings-panel" className="card" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <div className="body table-scroll" tabIndex={0} role="region" aria-label={text.bookings.tabs[tab]}>
          {list.items === undefined ? (
            list.live.error === undefined ? (
              <Skeleton />
            ) : (
              <Problem error={list.live.error} onRetry={() => void list.live.refresh()} />
            )
          ) : list.items.length === 0 ? (
            <Empty title={text.bookings.none} />
          ) : (
            children(list.items)
          )}
          <More list={list} />
        </div>
      </section>
    </Page>
  );
}

function BookingDialog({
  bookingId,
  onClose,
}: {
  readonly bookingId: string;
  readonly onClose: () => void;
}): ReactElement {
  const { api, format } = useServices();
  const live = useLive(`booking/${bookingId}`, (signal) => getBooking(api, bookingId, signal), 10_000);
  return (
    <Dialog title={text.bookings.title(bookingId.slice(0, 8))} onClose={onClose}>
      <Loaded live={live}>
        {(booking) => (
          <>
            <span className="row">
              <Tag tone={BOOKING_TONES[booking.state]} words={labelOf(text.bookingStates, booking.state)} />
              <Link href={`/vehicles/${booking.vehicleId}`}>{booking.vehicleId}</Link>
            </span>
            <Facts>
              <Fact name={text.columns.held}>{format.time(booking.createdAt)}</Fact>
              <Fact name={text.columns.started}>{format.time(booking.startedAt)}</Fact>
              <Fact name={text.columns.ended}>{format.time(booking.endedAt)}</Fact>
              <Fact name={text.bookings.length}>{format.minutes(minutesOf(booking))}</Fact>
              <Fact name={text.columns.distance}>{format.kilometres(booking.metres, 1)}</Fact>
              <Fact name={text.columns.plan}>{booking.planId}</Fact>
              <Fact name={text.columns.rider}>
                <span className="mono">{booking.riderId}</span>
              </Fact>
            </Facts>
            {booking.invoiceId !== undefined && <Invoice bookingId={bookingId} />}
          </>
        )}
      </Loaded>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {text.actions.close}
        </button>
      </div>
    </Dialog>
  );
}

function Invoice({ bookingId }: { readonly bookingId: string }): ReactElement {
  const { api, format } = useServices();
  const live = useLive(`invoice/${bookingId}`, (signal) => getInvoice(api, bookingId, signal));
  if (live.error instanceof ApiProblem && live.error.isNotFound) {
    return <Message tone="info">{text.bookings.noInvoice}</Message>;
  }
  return (
    <Loaded live={live} skeleton={<Skeleton rows={3} />}>
      {({ invoiceId, issuedAt, price }) => (
        <section className="stack tight" aria-label={text.columns.invoice}>
          <h3>{text.columns.invoice}</h3>
          <p className="muted">{text.bookings.issued(invoiceId.slice(0, 8), format.time(issuedAt))}</p>
          <table className="plain">
            <thead className="hidden-visually">
              <tr>
                <th scope="col">{text.bookings.line}</th>
                <th scope="col">{text.columns.total}</th>
              </tr>
            </thead>
            <tbody>
              {price.lines.map((line, index) => (
                <tr key={`${line.kind}-${index}`}>
                  <td>
                    {labelOf(text.lineKinds, line.kind)} <span className="muted">{line.name}</span>
                  </td>
                  <td className="number end">{format.money(line.amount)}</td>
                </tr>
              ))}
              <tr>
                <td>{text.columns.net}</td>
                <td className="number end">{format.money(price.net)}</td>
              </tr>
              <tr>
                <td>
                  {price.taxName} {format.share(Number(price.taxRate))}
                </td>
                <td className="number end">{format.money(price.tax)}</td>
              </tr>
              <tr>
                <td>
                  <strong>{text.columns.total}</strong>
                </td>
                <td className="number end">
                  <strong>{format.money(price.gross)}</strong>
                </td>
              </tr>
            </tbody>
          </table>
        </section>
      )}
    </Loaded>
  );
}
