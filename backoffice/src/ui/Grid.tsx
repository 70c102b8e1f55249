/**
 * A table of which only the rows in sight exist, for any number of rows. One stop for the tab key; arrows,
 * page keys, Home and End move, Enter opens (WAI-ARIA Authoring Practices, grid with a focused container).
 */
import {
  memo,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from "react";

import { usePhone } from "../app/hooks";
import { text } from "../text/en";
import { Icon } from "./icons";
import { Empty } from "./states";
import { range } from "./window";

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  /** A track of CSS grid, such as `minmax(120px, 1fr)`. */
  readonly width: string;
  readonly cell: (row: T) => ReactNode;
  readonly sort?: (a: T, b: T) => number;
  readonly end?: boolean;
  /** Pixels that the table must be wide to have it; the row's own page tells the rest. */
  readonly from?: number;
}

export interface Sort {
  readonly column: string;
  readonly down: boolean;
}

interface GridProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** A row of a narrow screen, in place of all cells. */
  readonly phone: (row: T) => ReactNode;
  readonly onOpen?: (row: T) => void;
  readonly initialSort?: Sort;
  /** The row that something else on the page is about. */
  readonly current?: string | undefined;
  readonly onCurrent?: ((row: T) => void) | undefined;
  readonly empty?: string;
  readonly more?: ReactNode;
}

const ROW = 44;
const PHONE_ROW = 76;

export function Grid<T>(props: GridProps<T>): ReactElement {
  const {
    label,
    columns: all,
    rows,
    rowKey,
    phone,
    onOpen,
    initialSort,
    current,
    onCurrent,
    empty,
    more,
  } = props;
  const isPhone = usePhone();
  const height = isPhone ? PHONE_ROW : ROW;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(Infinity);
  const [sort, setSort] = useState(initialSort);
  const [view, setView] = useState({ first: 0, last: 30 });
  const [active, setActive] = useState(0);

  const columns = useMemo(() => all.filter(({ from = 0 }) => width >= from), [all, width]);

  const sorted = useMemo(() => {
    const compare = all.find((column) => column.id === sort?.column)?.sort;
    if (compare === undefined) return rows;
    const ordered = rows.toSorted(compare);
    return sort?.down === true ? ordered.reverse() : ordered;
  }, [rows, all, sort]);

  const look = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    setWidth(box.clientWidth);
    const seen = range(box.scrollTop, box.clientHeight, height, sorted.length);
    setView((old) => (old.first === seen.first && old.last === seen.last ? old : seen));
  }, [height, sorted.length]);

  useLayoutEffect(look, [look]);
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  }, [look]);

  const go = (index: number): void => {
    const to = Math.max(0, Math.min(sorted.length - 1, index));
    setActive(to);
    const box = scroller.current;
    const row = sorted[to];
    if (box === null || row === undefined) return;
    const head = isPhone ? 0 : ROW;
    if (to * height < box.scrollTop) box.scrollTop = to * height;
    else if ((to + 1) * height + head > box.scrollTop + box.clientHeight) {
      box.scrollTop = (to + 1) * height + head - box.clientHeight;
    }
    onCurrent?.(row);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? height) / height) - 1);
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: sorted.length - 1,
    };
    const step = steps[event.key];
    const row = sorted[active];
    if (step !== undefined) {
      event.preventDefault();
      go(step);
    } else if (event.key === "Enter" && row !== undefined && onOpen !== undefined) {
      event.preventDefault();
      onOpen(row);
    }
  };

  const tracks = columns.map((column) => column.width).join(" ");
  const shown = sorted.slice(view.first, view.last);
  const activeRow = sorted[active];
  const isActiveShown = active >= view.first && active < view.last && activeRow !== undefined;
  const grid = (
    <div
      ref={scroller}
      className={isPhone ? "grid phone" : "grid"}
      role="grid"
      aria-label={label}
      aria-rowcount={sorted.length + 1}
      aria-colcount={isPhone ? 1 : columns.length}
      aria-activedescendant={isActiveShown ? `${id}-${rowKey(activeRow)}` : undefined}
      tabIndex={0}
      onScroll={look}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="grid-head">
        <div role="row" aria-rowindex={1} className="grid-row" style={{ gridTemplateColumns: tracks }}>
          {columns.map((column) => (
            <HeadCell key={column.id} column={column} sort={sort} onSort={setSort} />
          ))}
        </div>
      </div>
      {sorted.length === 0 ? (
        <div role="rowgroup">
          <div role="row">
            <div role="gridcell">
              <Empty title={empty ?? text.states.nothing} />
            </div>
          </div>
        </div>
      ) : (
        <div role="rowgroup" className="grid-body" style={{ height: sorted.length * height }}>
          <div style={{ transform: `translateY(${view.first * height}px)` }}>
            {shown.map((row, offset) => {
              const key = rowKey(row);
              return (
                <Row
                  key={key}
                  id={`${id}-${key}`}
                  row={row}
                  index={view.first + offset}
                  columns={columns}
                  tracks={tracks}
                  height={height}
                  phone={isPhone ? phone : undefined}
                  isActive={view.first + offset === active}
                  isCurrent={key === current}
                  onOpen={onOpen as ((row: unknown) => void) | undefined}
                  onActive={setActive}
                />
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
  return (
    <div className="grid-frame">
      {grid}
      {more}
    </div>
  );
}

interface HeadCellProps<T> {
  readonly column: Column<T>;
  readonly sort: Sort | undefined;
  readonly onSort: (sort: Sort) => void;
}

function HeadCell<T>({ column, sort, onSort }: HeadCellProps<T>): ReactElement {
  const sorted = sort?.column === column.id ? sort : undefined;
  const order = sorted === undefined ? undefined : sorted.down ? "descending" : "ascending";
  return (
    <div role="columnheader" className={column.end === true ? "cell end" : "cell"} aria-sort={order}>
      {column.sort === undefined ? (
        column.title
      ) : (
        <button type="button" onClick={() => onSort({ column: column.id, down: sorted?.down === false })}>
          {column.title}
          {sorted !== undefined && <Icon name={sorted.down ? "down" : "up"} size={13} />}
        </button>
      )}
    </div>
  );
}

interface RowProps {
  readonly id: string;
  readonly row: unknown;
  readonly index: number;
  readonly columns: readonly Column<never>[];
  readonly tracks: string;
  readonly height: number;
  readonly phone: ((row: never) => ReactNode) | undefined;
  readonly isActive: boolean;
  readonly isCurrent: boolean;
  readonly onOpen: ((row: unknown) => void) | undefined;
  readonly onActive: (index: number) => void;
}

const Row = memo(function Row(props: RowProps): ReactElement {
  const { id, index, columns, tracks, height, phone, isActive, isCurrent, onOpen, onActive } = props;
  const row = props.row as never;
  const classes = ["grid-row", isActive && "active", isCurrent && "current", onOpen && "opens"];
  return (
    // The keyboard's way to open a row is the grid's own.
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      className={classes.filter(Boolean).join(" ")}
      style={{ gridTemplateColumns: phone ? "1fr" : tracks, height }}
      onClick={(event) => {
        onActive(index);
        const isControl = (event.target as Element).closest("a, button") !== null;
        if (!isControl) onOpen?.(row);
      }}
    >
      {phone ? (
        <div role="gridcell" className="cell whole">
          {phone(row)}
        </div>
      ) : (
        columns.map((column) => (
          <div key={column.id} role="gridcell" className={column.end === true ? "cell end" : "cell"}>
            {column.cell(row)}
          </div>
        ))
      )}
    </div>
  );
});
