import {
  createContext,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
} from "react";

import { text } from "../text/en";
import { Icon } from "./icons";

interface Toast {
  readonly id: number;
  readonly words: string;
}

const SHOWN_MS = 6_000;
const Tell = createContext<(words: string) => void>(() => undefined);

/** Says shortly that something was done; readers hear it, too. */
export function useTell(): (words: string) => void {
  return useContext(Tell);
}

export function Toasts({ children }: { readonly children: ReactNode }): ReactElement {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const count = useRef(0);
  const drop = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const tell = useCallback(
    (words: string) => {
      count.current += 1;
      const id = count.current;
      setToasts((all) => [...all.slice(-2), { id, words }]);
      setTimeout(() => drop(id), SHOWN_MS);
    },
    [drop],
  );
  const list = useMemo(
    () => (
      <div className="toasts" role="status">
        {toasts.map((toast) => (
          <div key={toast.id} className="message good">
            <Icon name="check" />
            <span className="text">{toast.words}</span>
            <button
              type="button"
              className="button quiet small icon"
              aria-label={text.actions.dismiss}
              onClick={() => drop(toast.id)}
            >
              <Icon name="close" size={14} />
            </button>
          </div>
        ))}
      </div>
    ),
    [toasts, drop],
  );
  return (
    <Tell value={tell}>
      {children}
      {list}
    </Tell>
  );
}
