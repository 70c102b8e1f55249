import { useState, type ReactElement, type ReactNode } from "react";

import { text } from "../text/en";
import { Icon } from "../ui/icons";

interface ChartFrameProps {
  readonly title: string;
  readonly reading?: ReactNode;
  /** The same numbers in words. */
  readonly table: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
  readonly children: ReactNode;
}

/** A titled card around a chart that can be read as a table instead. */
export function ChartFrame({ title, reading, table, children }: ChartFrameProps): ReactElement {
  const [asTable, setAsTable] = useState(false);
  return (
    <section className="card chart-card" aria-label={title}>
      <header>
        <h3>{title}</h3>
        <span className="row">
          <span className="reading number">{reading}</span>
          <button
            type="button"
            className="button quiet small icon"
            aria-pressed={asTable}
            aria-label={text.charts.asTable(title)}
            title={text.charts.asTable(title)}
            onClick={() => setAsTable(!asTable)}
          >
            <Icon name={asTable ? "kpi" : "table"} size={16} />
          </button>
        </span>
      </header>
      <div className="body">
        {asTable ? (
          <div className="chart-table" tabIndex={0} role="region" aria-label={title}>
            <table className="plain">
              <thead>
                <tr>
                  {table.head.map((cell) => (
                    <th key={cell} scope="col">
                      {cell}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {table.rows.map((row) => (
                  <tr key={row[0]}>
                    {row.map((cell, index) => (
                      <td key={table.head[index]} className={index === 0 ? undefined : "number"}>
                        {cell}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : (
          children
        )}
      </div>
    </section>
  );
}
