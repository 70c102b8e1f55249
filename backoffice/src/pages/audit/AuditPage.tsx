import { useState, type FormEvent, type ReactElement } from "react";
import { useSearchParams } from "wouter";

import { listAudit, type AuditFilter } from "../../api/calls";
import type { AuditPage as AuditPart } from "../../api/schema.gen";
import { Page } from "../../app/Page";
import { usePaged } from "../../app/paged";
import { useFormat, useServices } from "../../app/services";
import { text } from "../../text/en";
import { addDays } from "../../text/format";
import { Icon } from "../../ui/icons";
import { More } from "../../ui/More";
import { Empty, Fresh, Problem, Skeleton } from "../../ui/states";
import { AuditTable } from "./AuditTable";

/** Who did what, day by day or of one subject. */
export default function AuditPage(): ReactElement {
  const { api } = useServices();
  const format = useFormat();
  const [query, setQuery] = useSearchParams();
  const today = format.isoDay(Date.now());
  const subject = query.get("subject") ?? "";
  const day = query.get("day") ?? today;
  const filter: AuditFilter = subject === "" ? { day } : { subject };
  const list = usePaged(
    `audit/${day}/${subject}`,
    (cursor, signal) => listAudit(api, filter, cursor, signal),
    (page: AuditPart) => page.records,
    10_000,
  );
  const set = (changes: Record<string, string>): void =>
    setQuery((old) => {
      const next = new URLSearchParams(old);
      for (const [name, value] of Object.entries(changes)) {
        if (value === "") next.delete(name);
        else next.set(name, value);
      }
      return next;
    });
  return (
    <Page title={text.nav.audit} aside={<Fresh live={list.live} />}>
      <div className="row">
        {subject === "" && (
          <span className="row" role="group" aria-label={text.charts.day}>
            <button
              type="button"
              className="button icon"
              aria-label={text.audit.before}
              onClick={() => set({ day: addDays(day, -1) })}
            >
              <Icon name="back" size={16} />
            </button>
            <input
              type="date"
              className="input date"
              aria-label={text.charts.day}
              value={day}
              max={today}
              onChange={(event) => set({ day: event.target.value })}
            />
            <button
              type="button"
              className="button icon"
              aria-label={text.audit.after}
              disabled={day >= today}
              onClick={() => set({ day: addDays(day, 1) })}
            >
              <Icon name="next" size={16} />
            </button>
          </span>
        )}
        <SubjectSearch key={subject} subject={subject} onSubject={(next) => set({ subject: next })} />
      </div>
      <section className="card" aria-label={text.nav.audit}>
        <div className="body table-scroll" tabIndex={0} role="region" aria-label={text.nav.audit}>
          {list.items === undefined ? (
            list.live.error === undefined ? (
              <Skeleton />
            ) : (
              <Problem error={list.live.error} onRetry={() => void list.live.refresh()} />
            )
          ) : list.items.length === 0 ? (
            <Empty title={text.audit.none} />
          ) : (
            <AuditTable records={list.items} />
          )}
          <More list={list} />
        </div>
      </section>
    </Page>
  );
}

interface SubjectSearchProps {
  readonly subject: string;
  readonly onSubject: (subject: string) => void;
}

function SubjectSearch({ subject, onSubject }: SubjectSearchProps): ReactElement {
  const [words, setWords] = useState(subject.replace(/^vehicle\//, ""));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const plain = words.trim();
    onSubject(plain === "" || plain.includes("/") ? plain : `vehicle/${plain.toUpperCase()}`);
  };
  return (
    <form className="row" role="search" onSubmit={submit}>
      <div className="search">
        <Icon name="search" size={17} />
        <input
          type="search"
          className="input"
          aria-label={text.audit.search}
          placeholder={text.audit.search}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      </div>
      <button type="submit" className="button">
        {text.audit.find}
      </button>
      {subject !== "" && (
        <button type="button" className="button quiet" onClick={() => onSubject("")}>
          {text.actions.clear}
        </button>
      )}
    </form>
  );
}
