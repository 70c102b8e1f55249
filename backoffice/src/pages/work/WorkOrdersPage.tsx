import { useState, type ReactElement } from "react";
import { useSearchParams } from "wouter";

import { getWorkOrder, listWorkOrders, type WorkOrderFilter } from "../../api/calls";
import type { WorkOrderPage, WorkOrderView } from "../../api/schema.gen";
import { useLive } from "../../app/hooks";
import { useMe } from "../../app/me";
import { Page } from "../../app/Page";
import { usePaged } from "../../app/paged";
import { useFormat, useServices } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { Tag } from "../../ui/badges";
import { Chips } from "../../ui/fields";
import { Grid, type Column } from "../../ui/Grid";
import { Icon } from "../../ui/icons";
import { More } from "../../ui/More";
import { Fresh, Problem, Skeleton } from "../../ui/states";
import { PRIORITIES, PRIORITY_TONES, WORK_TONES } from "../shared";
import { OpenWorkOrder } from "./OpenWorkOrder";
import { WorkOrderDialog } from "./WorkOrderDialog";

const VIEWS = ["unfinished", "mine", "OPEN", "ASSIGNED", "DONE", "CANCELLED"] as const;
const keyOf = (order: WorkOrderView): string => order.workOrderId;

const COLUMNS: readonly Column<WorkOrderView>[] = [
  {
    id: "priority",
    title: text.columns.priority,
    width: "96px",
    sort: (a, b) =>
      PRIORITIES.indexOf(b.priority) - PRIORITIES.indexOf(a.priority) || b.openedAt - a.openedAt,
    cell: ({ priority }) => (
      <Tag tone={PRIORITY_TONES[priority]} words={labelOf(text.priorities, priority)} />
    ),
  },
  {
    id: "work",
    title: text.columns.work,
    width: "minmax(180px, 2fr)",
    sort: (a, b) => (a.title < b.title ? -1 : 1),
    cell: ({ title }) => <strong>{title}</strong>,
  },
  {
    id: "car",
    title: text.columns.car,
    width: "minmax(120px, 1fr)",
    sort: (a, b) => (a.vehicleId < b.vehicleId ? -1 : 1),
    cell: ({ vehicleId }) => vehicleId,
  },
  {
    id: "status",
    title: text.columns.status,
    width: "110px",
    cell: ({ status }) => <Tag tone={WORK_TONES[status]} words={labelOf(text.workStates, status)} />,
  },
  {
    id: "assignee",
    title: text.columns.assignee,
    width: "minmax(120px, 1fr)",
    sort: (a, b) => ((a.assignee ?? "") < (b.assignee ?? "") ? -1 : 1),
    cell: ({ assignee }) => assignee ?? <span className="muted">{text.work.nobody}</span>,
  },
  {
    id: "opened",
    title: text.columns.opened,
    width: "130px",
    end: true,
    sort: (a, b) => a.openedAt - b.openedAt,
    cell: ({ openedAt }) => <Time at={openedAt} />,
  },
];

function Time({ at }: { readonly at: number }): string {
  return useFormat().time(at);
}

/** What has to be done at cars, and by whom. */
export default function WorkOrdersPage(): ReactElement {
  const { api } = useServices();
  const me = useMe();
  const [query, setQuery] = useSearchParams();
  const [opening, setOpening] = useState(false);
  const view = VIEWS.find((each) => each === query.get("status")) ?? "unfinished";
  const filter: WorkOrderFilter =
    view === "unfinished" ? {} : view === "mine" ? { assignee: me.name } : { status: view };
  const list = usePaged(
    `work-orders/${view}`,
    (cursor, signal) => listWorkOrders(api, filter, cursor, signal),
    (page: WorkOrderPage) => page.workOrders,
    10_000,
  );
  const chosen = query.get("order");
  const set = (name: string, value: string | undefined): void =>
    setQuery((old) => {
      const next = new URLSearchParams(old);
      if (value === undefined) next.delete(name);
      else next.set(name, value);
      return next;
    });
  return (
    <Page title={text.nav.workOrders} aside={<Fresh live={list.live} />} fixed>
      <div className="row spread">
        <Chips
          label={text.columns.status}
          value={view}
          choices={VIEWS.map((each) => [each, labelOf(text.workStates, each)] as const)}
          onChange={(each) => set("status", each)}
        />
        {me.may("openWorkOrder") && (
          <button type="button" className="button primary" onClick={() => setOpening(true)}>
            <Icon name="plus" size={16} />
            {text.work.new}
          </button>
        )}
      </div>
      {list.items === undefined ? (
        list.live.error === undefined ? (
          <Skeleton />
        ) : (
          <Problem error={list.live.error} onRetry={() => void list.live.refresh()} />
        )
      ) : (
        <section className="card clip" aria-label={text.nav.workOrders}>
          <Grid
            label={text.nav.workOrders}
            columns={COLUMNS}
            rows={list.items}
            rowKey={keyOf}
            initialSort={{ column: "priority", down: false }}
            onOpen={(order) => set("order", order.workOrderId)}
            empty={text.work.none}
            more={<More list={list} />}
            phone={(order) => (
              <>
                <span className="line">
                  <strong>{order.title}</strong>
                  <Tag
                    tone={PRIORITY_TONES[order.priority]}
                    words={labelOf(text.priorities, order.priority)}
                  />
                </span>
                <span className="line">
                  <span className="muted">
                    {order.vehicleId}, {order.assignee ?? text.work.nobody}
                  </span>
                  <Tag tone={WORK_TONES[order.status]} words={labelOf(text.workStates, order.status)} />
                </span>
              </>
            )}
          />
        </section>
      )}
      {opening && <OpenWorkOrder onClose={() => setOpening(false)} />}
      {chosen !== null && (
        <Chosen key={chosen} workOrderId={chosen} onClose={() => set("order", undefined)} />
      )}
    </Page>
  );
}

function Chosen({
  workOrderId,
  onClose,
}: {
  readonly workOrderId: string;
  readonly onClose: () => void;
}): ReactElement {
  const { api } = useServices();
  const live = useLive(
    `work-orders/one/${workOrderId}`,
    (signal) => getWorkOrder(api, workOrderId, signal),
    10_000,
  );
  return <WorkOrderDialog live={live} onClose={onClose} />;
}
