import { useState, type ReactElement } from "react";

import { openWorkOrder } from "../../api/calls";
import type { Priority } from "../../api/schema.gen";
import { useServices } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { ActionDialog } from "../../ui/ActionDialog";
import { Choice, TextField } from "../../ui/fields";
import { MAX_NOTE, PRIORITIES } from "../shared";

/** Opens work that no alert asks for. */
export function OpenWorkOrder({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { api } = useServices();
  const [vehicleId, setVehicleId] = useState("");
  const [title, setTitle] = useState("");
  const [priority, setPriority] = useState<Priority>("normal");
  const [note, setNote] = useState("");
  return (
    <ActionDialog
      title={text.work.openTitle}
      confirm={text.work.open}
      act={(key) =>
        openWorkOrder(api, key, {
          vehicleId: vehicleId.trim().toUpperCase(),
          title,
          priority,
          ...(note.trim() === "" ? {} : { note }),
        })
      }
      done={text.work.opened(vehicleId.trim().toUpperCase())}
      changes={["work-orders", "vehicle"]}
      onClose={onClose}
      disabled={vehicleId.trim() === "" || title.trim() === ""}
    >
      <TextField
        label={text.columns.car}
        hint={text.work.carHint}
        value={vehicleId}
        onChange={setVehicleId}
        longest={64}
        required
      />
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
