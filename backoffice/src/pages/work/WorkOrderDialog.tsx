import { useState, type ReactElement } from "react";
import { Link } from "wouter";

import { assignWorkOrder, cancelWorkOrder, finishWorkOrder, noteWorkOrder } from "../../api/calls";
import type { WorkOrderView } from "../../api/schema.gen";
import type { Live } from "../../app/hooks";
import { useMe } from "../../app/me";
import { useServices } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { ActionDialog } from "../../ui/ActionDialog";
import { Tag } from "../../ui/badges";
import { Dialog } from "../../ui/Dialog";
import { Fact, Facts, TextField } from "../../ui/fields";
import { Loaded } from "../../ui/states";
import { MAX_NOTE, PRIORITY_TONES, WORK_TONES } from "../shared";

type Act = "take" | "give" | "done" | "cancel" | "note";
const CHANGED = ["work-orders", "vehicle", "audit"] as const;

interface WorkOrderDialogProps {
  readonly live: Live<WorkOrderView>;
  readonly onClose: () => void;
}

/** One work order, its notes, and what may be done with it. */
export function WorkOrderDialog({ live, onClose }: WorkOrderDialogProps): ReactElement {
  const [act, setAct] = useState<Act | undefined>(undefined);
  if (act !== undefined && live.data !== undefined) {
    return <ActOn act={act} order={live.data} onClose={() => setAct(undefined)} />;
  }
  return (
    <Dialog title={live.data?.title ?? text.nav.workOrders} onClose={onClose}>
      <Loaded live={live}>{(order) => <Content order={order} onAct={setAct} />}</Loaded>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {text.actions.close}
        </button>
      </div>
    </Dialog>
  );
}

function Content({
  order,
  onAct,
}: {
  readonly order: WorkOrderView;
  readonly onAct: (act: Act) => void;
}): ReactElement {
  const { format } = useServices();
  const me = useMe();
  const isOpen = order.status === "OPEN" || order.status === "ASSIGNED";
  const acts: readonly (readonly [Act, boolean])[] = [
    ["take", isOpen && order.assignee !== me.name && me.may("assignWorkOrder")],
    ["give", order.status === "ASSIGNED" && me.may("assignWorkOrder")],
    ["done", isOpen && me.may("finishWorkOrder")],
    ["note", me.may("noteWorkOrder")],
    ["cancel", isOpen && me.may("cancelWorkOrder")],
  ];
  return (
    <>
      <span className="row">
        <Tag tone={WORK_TONES[order.status]} words={labelOf(text.workStates, order.status)} />
        <Tag tone={PRIORITY_TONES[order.priority]} words={labelOf(text.priorities, order.priority)} />
        <Link href={`/vehicles/${order.vehicleId}`}>{order.vehicleId}</Link>
      </span>
      <Facts>
        <Fact name={text.columns.assignee}>{order.assignee ?? text.work.nobody}</Fact>
        <Fact name={text.columns.opened}>
          {text.alerts.byAt(order.openedBy, format.time(order.openedAt))}
        </Fact>
        <Fact name={text.work.updated}>{format.time(order.updatedAt)}</Fact>
      </Facts>
      {order.notes.length > 0 && (
        <section aria-label={text.work.notes}>
          <h3>{text.work.notes}</h3>
          <ul className="notes">
            {order.notes.map((note) => (
              <li key={`${note.at}-${note.author}`}>
                <small className="muted">{text.alerts.byAt(note.author, format.time(note.at))}</small>
                <p>{note.text}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
      <span className="row">
        {acts.map(([act, allowed]) =>
          allowed ? (
            <button
              key={act}
              type="button"
              className={
                act === "done"
                  ? "button small primary"
                  : act === "cancel"
                    ? "button small danger"
                    : "button small"
              }
              onClick={() => onAct(act)}
            >
              {text.work.acts[act]}
            </button>
          ) : null,
        )}
      </span>
    </>
  );
}

interface ActOnProps {
  readonly act: Act;
  readonly order: WorkOrderView;
  readonly onClose: () => void;
}

function ActOn({ act, order, onClose }: ActOnProps): ReactElement {
  const { api } = useServices();
  const [note, setNote] = useState("");
  const [assignee, setAssignee] = useState("");
  const run = (key: string): Promise<WorkOrderView> => {
    switch (act) {
      case "take":
        return assignWorkOrder(
          api,
          key,
          order,
          assignee.trim() === "" ? { unassign: false } : { assignee: assignee.trim(), unassign: false },
        );
      case "give":
        return assignWorkOrder(api, key, order, { unassign: true });
      case "done":
        return finishWorkOrder(api, key, order, note);
      case "cancel":
        return cancelWorkOrder(api, key, order, note);
      case "note":
        return noteWorkOrder(api, key, order, note.trim());
    }
  };
  return (
    <ActionDialog
      title={text.work.actTitles[act]}
      confirm={text.work.acts[act]}
      danger={act === "cancel"}
      act={run}
      done={text.work.actDone[act]}
      changes={CHANGED}
      onClose={onClose}
      disabled={act === "note" && note.trim() === ""}
    >
      <p>
        {order.title}, {order.vehicleId}
      </p>
      {act === "take" && (
        <TextField
          label={text.columns.assignee}
          hint={text.work.assigneeHint}
          value={assignee}
          onChange={setAssignee}
          longest={254}
        />
      )}
      {(act === "done" || act === "cancel" || act === "note") && (
        <TextField
          label={text.alerts.note}
          value={note}
          onChange={setNote}
          longest={MAX_NOTE}
          required={act === "note"}
          lines
        />
      )}
    </ActionDialog>
  );
}
