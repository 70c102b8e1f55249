import { useState, type ReactElement } from "react";

import { commandVehicle, getCommand, putBackInService, takeOutOfService } from "../../api/calls";
import type { CommandAction, CommandView, VehicleDetail } from "../../api/schema.gen";
import { useLive } from "../../app/hooks";
import { useMe } from "../../app/me";
import { useServices } from "../../app/services";
import { text } from "../../text/en";
import { ActionDialog } from "../../ui/ActionDialog";
import { TextField } from "../../ui/fields";
import { Icon } from "../../ui/icons";
import { Message, type Tone } from "../../ui/states";
import { CHANGED_BY_CARS, MAX_NOTE } from "../shared";

type Act = CommandAction | "out" | "back";

/** What may be done with a car in its state, by whoever may. */
export function CarActions({ detail }: { readonly detail: VehicleDetail }): ReactElement | null {
  const me = useMe();
  const [act, setAct] = useState<Act | undefined>(undefined);
  const [command, setCommand] = useState<CommandView | undefined>(undefined);
  const { state } = detail.vehicle;
  const mayCommand = me.may("commandVehicle");
  const mayOut = me.may("takeVehicleOutOfService") && state === "available";
  const mayBack = me.may("putVehicleBackInService") && state === "non_operational";
  if (!mayCommand && !mayOut && !mayBack) return null;
  const close = (): void => setAct(undefined);
  return (
    <div className="stack tight car-actions">
      <span className="row">
        {mayCommand && (
          <>
            <button type="button" className="button" onClick={() => setAct("lock")}>
              <Icon name="lock" size={16} />
              {text.vehicle.lock}
            </button>
            <button type="button" className="button" onClick={() => setAct("unlock")}>
              <Icon name="unlock" size={16} />
              {text.vehicle.unlock}
            </button>
          </>
        )}
        {mayOut && (
          <button type="button" className="button danger" onClick={() => setAct("out")}>
            <Icon name="wrench" size={16} />
            {text.vehicle.outOfService}
          </button>
        )}
        {mayBack && (
          <button type="button" className="button primary" onClick={() => setAct("back")}>
            <Icon name="check" size={16} />
            {text.vehicle.backInService}
          </button>
        )}
      </span>
      {command !== undefined && <CommandProgress key={command.commandId} sent={command} />}
      {(act === "lock" || act === "unlock") && (
        <CommandDialog detail={detail} action={act} onClose={close} onSent={setCommand} />
      )}
      {(act === "out" || act === "back") && (
        <ServiceDialog detail={detail} out={act === "out"} onClose={close} />
      )}
    </div>
  );
}

interface CommandDialogProps {
  readonly detail: VehicleDetail;
  readonly action: CommandAction;
  readonly onClose: () => void;
  readonly onSent: (command: CommandView) => void;
}

function CommandDialog({ detail, action, onClose, onSent }: CommandDialogProps): ReactElement {
  const { api } = useServices();
  const [reason, setReason] = useState("");
  const { vehicleId, state } = detail.vehicle;
  return (
    <ActionDialog
      title={text.vehicle.commandTitle[action](vehicleId)}
      confirm={text.vehicle[action]}
      act={(key) => commandVehicle(api, key, vehicleId, action, reason)}
      done={text.vehicle.commandSent[action](vehicleId)}
      changes={CHANGED_BY_CARS}
      onDone={onSent}
      onClose={onClose}
      disabled={reason.trim() === ""}
    >
      {state === "on_trip" && <Message tone="warning">{text.vehicle.onTrip}</Message>}
      <TextField
        label={text.vehicle.reason}
        hint={text.vehicle.reasonHint}
        value={reason}
        onChange={setReason}
        longest={MAX_NOTE}
        required
        lines
      />
    </ActionDialog>
  );
}

interface ServiceDialogProps {
  readonly detail: VehicleDetail;
  readonly out: boolean;
  readonly onClose: () => void;
}

function ServiceDialog({ detail, out, onClose }: ServiceDialogProps): ReactElement {
  const { api } = useServices();
  const [reason, setReason] = useState("");
  const { vehicleId } = detail.vehicle;
  const change = out ? takeOutOfService : putBackInService;
  return (
    <ActionDialog
      title={out ? text.vehicle.outTitle(vehicleId) : text.vehicle.backTitle(vehicleId)}
      confirm={out ? text.vehicle.outOfService : text.vehicle.backInService}
      danger={out}
      act={(key) => change(api, key, vehicleId, reason, detail.version)}
      done={out ? text.vehicle.outDone(vehicleId) : text.vehicle.backDone(vehicleId)}
      changes={CHANGED_BY_CARS}
      onClose={onClose}
      disabled={out && reason.trim() === ""}
    >
      <p className="muted">{out ? text.vehicle.outAbout : text.vehicle.backAbout}</p>
      <TextField
        label={text.vehicle.reason}
        hint={text.vehicle.reasonHint}
        value={reason}
        onChange={setReason}
        longest={MAX_NOTE}
        required={out}
        lines
      />
    </ActionDialog>
  );
}

const TONES: Record<CommandView["state"], Tone> = {
  SENT: "info",
  ACKNOWLEDGED: "good",
  REFUSED: "critical",
  EXPIRED: "warning",
};

/** What became of a command, until the car has answered. */
function CommandProgress({ sent }: { readonly sent: CommandView }): ReactElement {
  const { api } = useServices();
  const live = useLive(
    `command/${sent.commandId}`,
    (signal) => getCommand(api, sent.commandId, signal),
    1_000,
  );
  const command = live.data ?? sent;
  return (
    <div role="status">
      <Message tone={TONES[command.state]}>
        {text.vehicle.commandState[command.state](text.vehicle[command.action], command.reason)}
      </Message>
    </div>
  );
}
