/** Small signs for the words of the platform's vocabularies; never by colour alone. */

import type { CSSProperties, ReactElement } from "react";

import { useFormat } from "../app/services";
import { labelOf, text } from "../text/en";
import { Icon } from "./icons";
import type { Tone } from "./states";

/** For a custom property in `style`, which goes to the CSSOM and so through the content security policy. */
export function dot(color: string): CSSProperties {
  return { "--dot": color } as CSSProperties;
}

export function stateColor(state: string): string {
  return `var(--state-${state}, var(--muted))`;
}

export function StateBadge({ state }: { readonly state: string }): ReactElement {
  return (
    <span className="badge" style={dot(stateColor(state))}>
      <span className="dot" />
      {labelOf(text.vehicleStates, state)}
    </span>
  );
}

const SEVERITIES: Record<string, Tone> = { critical: "critical", warning: "warning", info: "info" };

export function SeverityBadge({ severity }: { readonly severity: string }): ReactElement {
  return (
    <span className={`badge ${SEVERITIES[severity] ?? ""}`}>
      <Icon name={severity === "info" ? "info" : "alert"} size={13} />
      {labelOf(text.severities, severity)}
    </span>
  );
}

/** How many alerts there are, and how loud the loudest is, where there is no room for words. */
export function AlertCount({
  count,
  severity,
}: {
  readonly count: number;
  readonly severity: string;
}): ReactElement {
  const words = text.fleet.openAlerts(count, labelOf(text.severities, severity));
  return (
    <span className={`badge ${SEVERITIES[severity] ?? ""}`} title={words}>
      <Icon name={severity === "info" ? "info" : "alert"} size={13} />
      <span aria-hidden="true">{count}</span>
      <span className="hidden-visually">{words}</span>
    </span>
  );
}

export function Tag({
  tone,
  words,
}: {
  readonly tone?: Tone | undefined;
  readonly words: string;
}): ReactElement {
  return <span className={tone === undefined ? "badge" : `badge ${tone}`}>{words}</span>;
}

/** `percent`: 0 to 100. */
export function Battery({
  percent,
  charging,
}: {
  readonly percent: number | undefined;
  readonly charging: boolean | undefined;
}): ReactElement {
  const format = useFormat();
  const level = percent === undefined ? "" : percent <= 15 ? "critical" : percent <= 25 ? "low" : "";
  return (
    <span className="battery">
      <span className="bar" aria-hidden="true">
        <span className={`level ${level}`} style={{ width: `${percent ?? 0}%` }} />
      </span>
      {format.quantity(percent === undefined ? undefined : Math.round(percent), "%")}
      {charging === true && (
        <span className="bolt" title={text.fleet.charging}>
          <Icon name="bolt" size={13} />
          <span className="hidden-visually">{text.fleet.charging}</span>
        </span>
      )}
    </span>
  );
}
