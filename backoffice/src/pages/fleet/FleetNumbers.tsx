import type { ReactElement } from "react";

import { useFleetSummary } from "../../app/shellData";
import { useFormat } from "../../app/services";
import { text } from "../../text/en";

/** How the whole fleet stands, whatever the filters. */
export function FleetNumbers(): ReactElement {
  const format = useFormat();
  const { data } = useFleetSummary();
  const numbers = [
    [text.fleet.numbers.bookable, data?.bookable],
    [text.fleet.numbers.charging, data?.charging],
    [text.fleet.numbers.low, data?.lowCharge],
    [text.fleet.numbers.blocked, data?.blocked],
    [text.fleet.numbers.offline, data?.offline],
  ] as const;
  return (
    <dl className="card fleet-numbers">
      {numbers.map(([name, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="number">{format.number(count)}</dd>
        </div>
      ))}
    </dl>
  );
}
