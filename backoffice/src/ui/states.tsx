/** What a page shows instead of data: loading, nothing, an error; and how fresh data is. */

import type { ReactElement, ReactNode } from "react";

import { ApiProblem, Unreachable } from "../api/problem";
import { useNow, type Live } from "../app/hooks";
import { useFormat } from "../app/services";
import { SignInNeeded } from "../session/session";
import { text } from "../text/en";
import { Icon, type IconName } from "./icons";

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): ReactElement {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Skeleton({
  rows = 6,
  height = 30,
}: {
  readonly rows?: number;
  readonly height?: number;
}): ReactElement {
  return (
    <div className="stack" role="status" aria-label={text.states.loading}>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} className="skeleton" style={{ height }} />
      ))}
    </div>
  );
}

export type Tone = "info" | "good" | "warning" | "critical";
const GLYPHS: Record<Tone, IconName> = { info: "info", good: "check", warning: "alert", critical: "alert" };

export function Message({
  tone,
  children,
}: {
  readonly tone: Tone;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <div className={`message ${tone}`} role={tone === "critical" ? "alert" : undefined}>
      <Icon name={GLYPHS[tone]} />
      <div className="text">{children}</div>
    </div>
  );
}

/** What went wrong, in words that say what to do. */
export function Problem({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
}): ReactElement | null {
  if (error instanceof SignInNeeded) return null;
  const isPlain = error instanceof ApiProblem && (error.isNotFound || error.isForbidden);
  return (
    <Message tone={isPlain ? "warning" : "critical"}>
      <p>
        <strong>{problemTitle(error)}</strong>
      </p>
      <p>{problemDetail(error)}</p>
      {error instanceof ApiProblem && error.instance !== undefined && (
        <p className="muted">
          {text.problems.reference} <code>{error.instance}</code>
        </p>
      )}
      {onRetry !== undefined && !isPlain && (
        <p>
          <button type="button" className="button small" onClick={onRetry}>
            {text.actions.retry}
          </button>
        </p>
      )}
    </Message>
  );
}

export function problemTitle(error: unknown): string {
  if (error instanceof ApiProblem) return text.problems.titles[error.code] ?? error.title;
  if (error instanceof Unreachable) return text.problems.unreachable;
  return text.problems.unexpected;
}

export function problemDetail(error: unknown): string {
  if (error instanceof ApiProblem) {
    if (error.isConflict) return error.detail ?? text.problems.conflict;
    return error.detail ?? (error.isForbidden ? text.problems.forbidden : "");
  }
  if (error instanceof Unreachable) return text.problems.unreachableDetail;
  return error instanceof Error ? error.message : String(error);
}

interface LoadedProps<T> {
  readonly live: Live<T>;
  readonly children: (data: T) => ReactNode;
  readonly skeleton?: ReactNode;
}

/** The data once there is some; what was loaded last stays while the API is down. */
export function Loaded<T>({ live, children, skeleton }: LoadedProps<T>): ReactNode {
  if (live.data !== undefined) return children(live.data);
  if (live.error !== undefined) return <Problem error={live.error} onRetry={() => void live.refresh()} />;
  return skeleton ?? <Skeleton />;
}

/** How old the data is. */
export function Fresh({ live }: { readonly live: Live<unknown> }): ReactElement | null {
  const format = useFormat();
  const now = useNow();
  if (live.loadedAt === undefined) return null;
  const isDown = live.error !== undefined;
  return (
    <span className={isDown ? "fresh down" : "fresh"}>
      <span className="dot" />
      {isDown
        ? text.states.stale(format.ago(live.loadedAt, now))
        : text.states.live(format.ago(live.loadedAt, now))}
    </span>
  );
}
