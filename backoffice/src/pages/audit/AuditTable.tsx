import type { ReactElement } from "react";
import { Link } from "wouter";

import type { AuditView, Outcome } from "../../api/schema.gen";
import { useFormat } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { Tag } from "../../ui/badges";
import type { Tone } from "../../ui/states";

const TONES: Record<Outcome, Tone | undefined> = {
  done: "good",
  requested: "info",
  refused: "warning",
  denied: "critical",
  failed: "critical",
};

/** Who did what, as a plain table. */
export function AuditTable({ records }: { readonly records: readonly AuditView[] }): ReactElement {
  const format = useFormat();
  return (
    <table className="plain tall">
      <thead>
        <tr>
          <th scope="col">{text.columns.time}</th>
          <th scope="col">{text.columns.who}</th>
          <th scope="col">{text.columns.action}</th>
          <th scope="col">{text.columns.subject}</th>
          <th scope="col">{text.columns.outcome}</th>
          <th scope="col">{text.columns.reason}</th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <tr key={record.auditId}>
            <td className="number nowrap">{format.time(record.at)}</td>
            <td>
              {record.actorName}
              <br />
              <small className="muted">
                {record.groups.map((group) => text.groups[group] ?? group).join(", ")}
              </small>
            </td>
            <td>{labelOf(text.operations, record.action)}</td>
            <td>
              <Subject subject={record.subject} />
            </td>
            <td>
              <Tag tone={TONES[record.outcome]} words={labelOf(text.outcomes, record.outcome)} />
            </td>
            <td className="wrap">
              {record.reason}
              {record.code !== undefined && <code className="muted"> {record.code}</code>}
              {record.detail.map(({ name, value }) => (
                <small key={name} className="muted block">
                  {labelOf(text.audit.details, name)}: <span className="mono">{value}</span>
                </small>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Subject({ subject }: { readonly subject: string }): ReactElement {
  const [kind, id = ""] = subject.split("/");
  if (kind === "vehicle") return <Link href={`/vehicles/${id}`}>{id}</Link>;
  if (kind === "work-order") return <Link href={`/work-orders?order=${id}`}>{text.audit.workOrder(id)}</Link>;
  return <span className="mono">{subject}</span>;
}
