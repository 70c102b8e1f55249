import { useId, useState, type FormEvent, type ReactElement, type ReactNode } from "react";

import { ApiProblem, isPassing } from "../api/problem";
import { useServices } from "../app/services";
import { SignInNeeded } from "../session/session";
import { text } from "../text/en";
import { Dialog } from "./Dialog";
import { Problem, Message } from "./states";
import { useTell } from "./toasts";

interface ActionDialogProps<T> {
  readonly title: string;
  /** On the button that does it. */
  readonly confirm: string;
  readonly danger?: boolean;
  /** Does it. The same key does it once, however often it is sent. */
  readonly act: (key: string) => Promise<T>;
  /** Said once it is done. */
  readonly done: string;
  /** Keys of data that it changes. */
  readonly changes: readonly string[];
  readonly onDone?: (result: T) => void;
  readonly onClose: () => void;
  readonly disabled?: boolean;
  /** Shown when it is refused, such as a way to do it nevertheless. */
  readonly refused?: (problem: ApiProblem) => ReactNode;
  readonly children?: ReactNode;
}

/** Asks before something is done, says what came of it, and never does it twice. */
export function ActionDialog<T>(props: ActionDialogProps<T>): ReactElement {
  const {
    title,
    confirm,
    danger = false,
    act,
    done,
    changes,
    onDone,
    onClose,
    disabled,
    refused,
    children,
  } = props;
  const { sources } = useServices();
  const tell = useTell();
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const formId = useId();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const result = await act(key);
      sources.invalidate(...changes);
      tell(done);
      onDone?.(result);
      onClose();
    } catch (caught) {
      if (caught instanceof SignInNeeded) return;
      setError(caught);
      // A refusal is remembered under its key; of an answer that never came nobody knows what it was.
      if (!isPassing(caught)) setKey(crypto.randomUUID());
      if (caught instanceof ApiProblem && caught.isConflict) sources.invalidate(...changes);
      setBusy(false);
    }
  };

  return (
    <Dialog title={title} onClose={onClose} busy={busy}>
      <form id={formId} className="stack" onSubmit={(event) => void submit(event)}>
        {children}
      </form>
      {error !== undefined && (
        <>
          <Problem error={error} />
          {isPassing(error) && <Message tone="warning">{text.problems.notSent}</Message>}
          {error instanceof ApiProblem && error.isConflict && <p className="muted">{text.problems.look}</p>}
          {error instanceof ApiProblem && refused?.(error)}
        </>
      )}
      <div className="actions">
        <button type="button" className="button" onClick={onClose} disabled={busy}>
          {text.actions.cancel}
        </button>
        <button
          type="submit"
          form={formId}
          className={danger ? "button primary danger" : "button primary"}
          disabled={busy || disabled}
          aria-busy={busy}
        >
          {confirm}
        </button>
      </div>
    </Dialog>
  );
}
