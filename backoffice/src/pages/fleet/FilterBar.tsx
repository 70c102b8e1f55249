import { useEffect, useRef, type ReactElement } from "react";

import { usePhone } from "../../app/hooks";
import { useMe } from "../../app/me";
import { useFormat } from "../../app/services";
import { labelOf, text } from "../../text/en";
import { dot, stateColor } from "../../ui/badges";
import { Icon } from "../../ui/icons";
import { isFiltered, NO_FILTERS, STATES, type Filters } from "./filters";

type View = "list" | "map";
const LEVELS = [15, 25, 50] as const;

interface FilterBarProps {
  /** As they are typed; the filters follow a moment later. */
  readonly words: string;
  readonly onWords: (words: string) => void;
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
  readonly shown: number;
  readonly view: View;
  readonly onView: (view: View) => void;
}

/** Search, states as chips with their counts, and the rest as choices. */
export function FilterBar(props: FilterBarProps): ReactElement {
  const { words, onWords, filters, onChange, counts, total, shown, view, onView } = props;
  const me = useMe();
  const format = useFormat();
  const isPhone = usePhone();
  const search = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = (event.target as Element).closest("input, textarea, select, dialog") !== null;
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const toggle = (state: string): void => {
    const has = filters.states.includes(state);
    onChange({
      ...filters,
      states: has ? filters.states.filter((s) => s !== state) : [...filters.states, state],
    });
  };

  return (
    <div className="filters" role="search">
      <div className="row">
        <div className="search">
          <Icon name="search" size={17} />
          <input
            ref={search}
            type="search"
            className="input"
            aria-label={text.fleet.search}
            placeholder={text.fleet.search}
            value={words}
            onChange={(event) => onWords(event.target.value)}
          />
        </div>
        <select
          className="select fit"
          aria-label={text.fleet.battery}
          value={filters.below ?? ""}
          onChange={({ target }) =>
            onChange({ ...filters, below: target.value === "" ? undefined : Number(target.value) })
          }
        >
          <option value="">{text.fleet.anyBattery}</option>
          {[...new Set([...LEVELS, ...(filters.below === undefined ? [] : [filters.below])])].map((level) => (
            <option key={level} value={level}>
              {text.fleet.below(level)}
            </option>
          ))}
        </select>
        <select
          className="select fit"
          aria-label={text.fleet.station}
          value={filters.station ?? ""}
          onChange={({ target }) =>
            onChange({ ...filters, station: target.value === "" ? undefined : target.value })
          }
        >
          <option value="">{text.fleet.anyStation}</option>
          {[...me.stations.values()].map((station) => (
            <option key={station.stationId} value={station.stationId}>
              {station.name}
            </option>
          ))}
        </select>
        <button
          type="button"
          className="chip"
          aria-pressed={filters.alerts}
          onClick={() => onChange({ ...filters, alerts: !filters.alerts })}
        >
          <Icon name="alert" size={15} />
          {text.fleet.alerts}
        </button>
        {isPhone && (
          <span className="switch" role="group" aria-label={text.fleet.view}>
            {(["list", "map"] as const).map((each) => (
              <button
                key={each}
                type="button"
                className="chip"
                aria-pressed={view === each}
                onClick={() => onView(each)}
              >
                {text.fleet[each]}
              </button>
            ))}
          </span>
        )}
        <span className="muted number shown" role="status">
          {text.fleet.count(format.number(shown), format.number(total))}
        </span>
        {isFiltered(filters) && (
          <button
            type="button"
            className="button quiet small"
            onClick={() => {
              onWords("");
              onChange(NO_FILTERS);
            }}
          >
            {text.actions.clear}
          </button>
        )}
      </div>
      <div className="chips" role="group" aria-label={text.fleet.states}>
        {STATES.filter((state) => counts.has(state) || filters.states.includes(state)).map((state) => (
          <button
            key={state}
            type="button"
            className="chip"
            style={dot(stateColor(state))}
            aria-pressed={filters.states.includes(state)}
            onClick={() => toggle(state)}
          >
            <span className="dot" />
            {labelOf(text.vehicleStates, state)}
            <span className="count">{format.number(counts.get(state) ?? 0)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
