import { useState, type ReactElement } from "react";

import { acknowledgeAlert, openWorkOrder, resolveAlert, snoozeAlert } from "../../api/calls";
import type { AlertView, Priority } from "../../api/schema.gen";
import { useMe } from "../../app/me";
import { useServices } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { ActionDialog } from "../../ui/ActionDialog";
import { Choice, TextField } from "../../ui/fields";
import { CHANGED_BY_ALERTS, MAX_NOTE, PRIORITIES } from "../shared";

type Act = "acknowledge" | "snooze" | "resolve" | "work";
const HOURS = ["1", "4", "8", "24", "72"] as const;
type Hours = (typeof HOURS)[number];

/** What may be done with an alert, by whoever may. */
export function AlertActions({ alert }: { readonly alert: AlertView }): ReactElement | null {
  const me = useMe();
  const [act, setAct] = useState<Act | undefined>(undefined);
  if (alert.status === "RESOLVED") return null;
  const close = (): void => setAct(undefined);
  const acts: readonly (readonly [Act, boolean, string])[] = [
    ["acknowledge", alert.status === "OPEN" && me.may("acknowledgeAlert"), text.alerts.acknowledge],
    ["snooze", alert.snoozable && me.may("snoozeAlert"), text.alerts.snooze],
    ["resolve", me.may("resolveAlert"), text.alerts.resolve],
    ["work", me.may("openWorkOrder"), text.alerts.openWork],
  ];
  return (
    <>
      <span className="row">
        {acts.map(([name, allowed, words]) =>
          allowed ? (
            <button
              key={name}
              type="button"
              className={name === "acknowledge" ? "button small primary" : "button small"}
              onClick={() => setAct(name)}
            >
              {words}
            </button>
          ) : null,
        )}
      </span>
      {act === "acknowledge" && <Acknowledge alert={alert} onClose={close} />}
      {act === "snooze" && <Snooze alert={alert} onClose={close} />}
      {act === "resolve" && <Resolve alert={alert} onClose={close} />}
      {act === "work" && <OpenWork alert={alert} onClose={close} />}
    </>
  );
}

interface ActProps {
  readonly alert: AlertView;
  readonly onClose: () => void;
}

function nameOf(alert: AlertView): string {
  return `${labelOf(text.rules, alert.rule)}, ${alert.vehicleId}`;
}

function Acknowledge({ alert, onClose }: ActProps): ReactElement {
  const { api } = useServices();
  const [note, setNote] = useState("");
  return (
    <ActionDialog
      title={text.alerts.acknowledgeTitle}
      confirm={text.alerts.acknowledge}
      act={(key) => acknowledgeAlert(api, key, alert, note)}
      done={text.alerts.acknowledged(nameOf(alert))}
      changes={CHANGED_BY_ALERTS}
      onClose={onClose}
    >
      <p>{nameOf(alert)}</p>
      <TextField
        label={text.alerts.note}
        hint={text.alerts.noteHint}
        value={note}
        onChange={setNote}
        longest={MAX_NOTE}
        lines
      />
    </ActionDialog>
  );
}

function Snooze({ alert, onClose }: ActProps): ReactElement {
  const { api, format } = useServices();
  const [hours, setHours] = useState<Hours>("4");
  const [note, setNote] = useState("");
  return (
    <ActionDialog
      title={text.alerts.snoozeTitle}
      confirm={text.alerts.snooze}
      act={(key) => snoozeAlert(api, key, alert, Date.now() + Number(hours) * 3_600_000, note)}
      done={text.alerts.snoozed(nameOf(alert))}
      changes={CHANGED_BY_ALERTS}
      onClose={onClose}
    >
      <p>{nameOf(alert)}</p>
      <Choice
        label={text.alerts.snoozeFor}
        value={hours}
        choices={HOURS.map((each) => [each, text.alerts.hours(Number(each))] as const)}
        onChange={setHours}
      />
      <p className="muted">{text.alerts.until(format.time(Date.now() + Number(hours) * 3_600_000))}</p>
      <TextField label={text.alerts.note} value={note} onChange={setNote} longest={MAX_NOTE} lines />
    </ActionDialog>
  );
}

function Resolve({ alert, onClose }: ActProps): ReactElement {
  const { api } = useServices();
  const [note, setNote] = useState("");
  const [force, setForce] = useState(false);
  return (
    <ActionDialog
      title={text.alerts.resolveTitle}
      confirm={text.alerts.resolve}
      act={(key) => resolveAlert(api, key, alert, note, force)}
      done={text.alerts.resolved(nameOf(alert))}
      changes={CHANGED_BY_ALERTS}
      onClose={onClose}
      refused={(problem) =>
        problem.code === "alert_still_active" && (
          <label className="row">
            <input type="checkbox" checked={force} onChange={(event) => setForce(event.target.checked)} />
            {text.alerts.force}
          </label>
        )
      }
    >
      <p>{nameOf(alert)}</p>
      {alert.blocking && <p className="muted">{text.alerts.resolveFrees}</p>}
      <TextField
        label={text.alerts.note}
        hint={text.alerts.resolveHint}
        value={note}
        onChange={setNote}
        longest={MAX_NOTE}
        lines
      />
    </ActionDialog>
  );
}

function OpenWork({ alert, onClose }: ActProps): ReactElement {
  const { api } = useServices();
  const [title, setTitle] = useState<string>(labelOf(text.rules, alert.rule));
  const [priority, setPriority] = useState<Priority>(alert.severity === "critical" ? "urgent" : "normal");
  const [note, setNote] = useState("");
  return (
    <ActionDialog
      title={text.work.openTitle}
      confirm={text.work.open}
      act={(key) =>
        openWorkOrder(api, key, {
          vehicleId: alert.vehicleId,
          alertId: alert.alertId,
          title,
          priority,
          ...(note.trim() === "" ? {} : { note }),
        })
      }
      done={text.work.opened(alert.vehicleId)}
      changes={["work-orders", `vehicle/${alert.vehicleId}`]}
      onClose={onClose}
      disabled={title.trim() === ""}
    >
      <p>{nameOf(alert)}</p>
      <TextField label={text.work.name} value={title} onChange={setTitle} longest={200} required />
      <Choice
        label={text.columns.priority}
        value={priority}
        choices={PRIORITIES.map((each) => [each, labelOf(text.priorities, each)] as const)}
        onChange={setPriority}
      />
      <TextField label={text.alerts.note} value={note} onChange={setNote} longest={MAX_NOTE} lines />
    </ActionDialog>
  );
}
