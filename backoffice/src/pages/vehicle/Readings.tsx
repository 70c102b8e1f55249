import { useState, type ReactElement } from "react";

import type { LeafView } from "../../api/schema.gen";
import { useFormat } from "../../app/services";
import { text } from "../../text/en";
import { reading } from "../units";

const FEW = 8;

/** What telemetry last told, by its names in COVESA VSS. */
export function Readings({ readings }: { readonly readings: readonly LeafView[] }): ReactElement | null {
  const [all, setAll] = useState(false);
  const format = useFormat();
  if (readings.length === 0) return null;
  const write = ({ number, text: words, flag, unit }: LeafView): string => {
    if (number !== undefined) return reading(format, number, unit);
    if (flag !== undefined) return flag ? text.vehicle.yes : text.vehicle.no;
    return words === undefined || words === "" ? text.vehicle.none : words;
  };
  return (
    <section className="card" aria-label={text.vehicle.readings}>
      <header>
        <h2>{text.vehicle.readings}</h2>
        <button type="button" className="button quiet small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? text.vehicle.fewer : text.vehicle.all(readings.length)}
        </button>
      </header>
      <div className="body">
        <table className="plain fixed">
          <thead className="hidden-visually">
            <tr>
              <th scope="col">{text.vehicle.signal}</th>
              <th scope="col">{text.columns.value}</th>
            </tr>
          </thead>
          <tbody>
            {readings.slice(0, all ? undefined : FEW).map((leaf) => (
              <tr key={leaf.path}>
                <td className="wrap">{leaf.path.replace(/^Vehicle\./, "")}</td>
                <td className="number end">{write(leaf)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
