import type { ReactElement } from "react";
import { Link } from "wouter";

import type { InvoiceView } from "../../api/schema.gen";
import { useFormat } from "../../app/services";
import { text } from "../../text/en";

interface InvoicesTableProps {
  readonly invoices: readonly InvoiceView[];
  readonly onOpen: (invoice: InvoiceView) => void;
}

/** Invoices, as a plain table. */
export function InvoicesTable({ invoices, onOpen }: InvoicesTableProps): ReactElement {
  const format = useFormat();
  return (
    <table className="plain">
      <thead>
        <tr>
          <th scope="col">{text.columns.invoice}</th>
          <th scope="col">{text.columns.car}</th>
          <th scope="col">{text.bookings.issuedAt}</th>
          <th scope="col">{text.columns.plan}</th>
          <th scope="col" className="end">
            {text.bookings.length}
          </th>
          <th scope="col" className="end">
            {text.columns.net}
          </th>
          <th scope="col" className="end">
            {text.columns.tax}
          </th>
          <th scope="col" className="end">
            {text.columns.total}
          </th>
        </tr>
      </thead>
      <tbody>
        {invoices.map((invoice) => (
          <tr key={invoice.invoiceId}>
            <td>
              <button type="button" className="link mono" onClick={() => onOpen(invoice)}>
                {invoice.invoiceId.slice(0, 8)}
              </button>
            </td>
            <td className="nowrap">
              <Link href={`/vehicles/${invoice.vehicleId}`}>{invoice.vehicleId}</Link>
            </td>
            <td className="number nowrap">{format.time(invoice.issuedAt)}</td>
            <td>{invoice.planId}</td>
            <td className="number end nowrap">{format.minutes(invoice.price.tripMinutes)}</td>
            <td className="number end nowrap">{format.money(invoice.price.net)}</td>
            <td className="number end nowrap">{format.money(invoice.price.tax)}</td>
            <td className="number end nowrap">
              <strong>{format.money(invoice.price.gross)}</strong>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
