/**
 * Stations and cars on the market's outline, drawn without any map server. All cars of a state are one path
 * of dots, so a thousand cars are a handful of elements and follow the pointer without effort.
 */
import {
  memo,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
} from "react";

import { useSize } from "../app/hooks";
import { useFormat } from "../app/services";
import { text } from "../text/en";
import { stateColor } from "../ui/badges";
import { Icon } from "../ui/icons";
import { labelSides, OFFSETS, scaleBar, type Side } from "./labels";
import {
  boxOf,
  dotPath,
  fit,
  mercator,
  nearest,
  pan,
  ringPath,
  toScreen,
  zoom,
  latitudeOf,
  type Box,
  type Point,
  type Ring,
  type View,
} from "./projection";

export interface Spot {
  readonly id: string;
  readonly state: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly isCritical: boolean;
}

export interface Place {
  readonly id: string;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  /** Written in its marker. */
  readonly count: number;
  readonly about: string;
}

interface FleetMapProps {
  readonly outline: readonly Ring[];
  readonly spots: readonly Spot[];
  readonly places: readonly Place[];
  readonly current?: string | undefined;
  readonly onPick?: (id: string | undefined) => void;
  readonly currentPlace?: string | undefined;
  readonly onPlace?: (id: string) => void;
  /** What is said of the car under the pointer. */
  readonly about?: (id: string) => ReactNode;
}

const MARGIN = 28;
const CLOSEST = 60;
const REACH = 14;
const STEP = 60;
const DRAG = 4;

export const FleetMap = memo(function FleetMap(props: FleetMapProps): ReactElement {
  const { outline, spots, places, current, onPick, currentPlace, onPlace, about } = props;
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const { width, height } = useSize(box);
  const format = useFormat();
  const [moved, setMoved] = useState<View | undefined>(undefined);
  const [hovered, setHovered] = useState<number>(-1);
  const pointers = useRef(new Map<number, Point>());
  const dragged = useRef(0);

  const bounds = useMemo(() => boxOf(outline.flat()), [outline]);
  // Relative to the market's corner: single precision is too coarse for degrees near 180.
  const shift = useCallback(([x, y]: Point): Point => [x - bounds.left, y - bounds.top], [bounds]);
  const whole = useMemo(() => {
    const [right, bottom] = shift([bounds.right, bounds.bottom]);
    return fit({ left: 0, top: 0, right, bottom }, width, height, MARGIN);
  }, [bounds, shift, width, height]);
  const view = moved ?? whole;
  const limits = useMemo(() => [whole.scale * 0.7, whole.scale * CLOSEST] as const, [whole.scale]);

  const land = useMemo(() => ringPath(outline.map((ring) => ring.map(shift))), [outline, shift]);
  const lines = useMemo(() => graticule(bounds), [bounds]);
  const points = useMemo(
    () => spots.map((spot) => shift(mercator(spot.longitude, spot.latitude))),
    [spots, shift],
  );
  const layers = useMemo(() => {
    const byState = new Map<string, Point[]>();
    spots.forEach((spot, index) => {
      const point = points[index];
      if (point === undefined) return;
      const known = byState.get(spot.state);
      if (known === undefined) byState.set(spot.state, [point]);
      else known.push(point);
    });
    return [...byState].map(([state, its]) => ({ state, path: dotPath(its) }));
  }, [spots, points]);
  const all = useMemo(() => dotPath(points), [points]);
  const critical = useMemo(
    () => dotPath(points.filter((_, index) => spots[index]?.isCritical)),
    [points, spots],
  );

  const change = useCallback((next: (view: View) => View) => setMoved((old) => next(old ?? whole)), [whole]);

  useEffect(() => {
    if (box === null) return undefined;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const corner = box.getBoundingClientRect();
      const at: Point = [event.clientX - corner.left, event.clientY - corner.top];
      change((old) => zoom(old, Math.exp(-event.deltaY / 300), at, limits));
    };
    // React listens passively, which could not keep the page from scrolling.
    box.addEventListener("wheel", onWheel, { passive: false });
    return () => box.removeEventListener("wheel", onWheel);
  }, [box, change, limits]);

  const inside = (event: PointerEvent): Point => {
    const corner = event.currentTarget.getBoundingClientRect();
    return [event.clientX - corner.left, event.clientY - corner.top];
  };

  const onPointerMove = (event: PointerEvent<SVGSVGElement>): void => {
    const at = inside(event);
    const before = pointers.current.get(event.pointerId);
    if (before === undefined) {
      setHovered(nearest(view, points, at, REACH));
      return;
    }
    const others = [...pointers.current].filter(([id]) => id !== event.pointerId);
    const other = others[0]?.[1];
    pointers.current.set(event.pointerId, at);
    const [dx, dy] = [at[0] - before[0], at[1] - before[1]];
    dragged.current += Math.abs(dx) + Math.abs(dy);
    if (dragged.current < DRAG) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setHovered(-1);
    if (other === undefined) change((old) => pan(old, dx, dy));
    else {
      const factor = distance(at, other) / Math.max(1, distance(before, other));
      const middle: Point = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
      change((old) => pan(zoom(old, factor, middle, limits), dx / 2, dy / 2));
    }
  };

  const onPointerUp = (event: PointerEvent<SVGSVGElement>): void => {
    pointers.current.delete(event.pointerId);
    if (dragged.current < DRAG && event.type === "pointerup") {
      onPick?.(spots[nearest(view, points, inside(event), REACH)]?.id);
    }
  };

  const marks = places.map((place) => ({
    place,
    name: place.name,
    at: toScreen(view, shift(mercator(place.longitude, place.latitude))),
  }));
  const sides = labelSides(marks);
  const bar = scaleBar(view.scale, latitudeOf((bounds.top + bounds.bottom) / 2), 110);

  const middle: Point = [width / 2, height / 2];
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, (old: View) => View> = {
      ArrowLeft: (old) => pan(old, STEP, 0),
      ArrowRight: (old) => pan(old, -STEP, 0),
      ArrowUp: (old) => pan(old, 0, STEP),
      ArrowDown: (old) => pan(old, 0, -STEP),
      "+": (old) => zoom(old, 1.5, middle, limits),
      "=": (old) => zoom(old, 1.5, middle, limits),
      "-": (old) => zoom(old, 1 / 1.5, middle, limits),
    };
    const move = moves[event.key];
    if (event.key === "0") setMoved(undefined);
    else if (move !== undefined) change(move);
    else return;
    event.preventDefault();
  };

  const currentIndex = current === undefined ? -1 : spots.findIndex((spot) => spot.id === current);
  const told = hovered >= 0 ? hovered : currentIndex;
  const toldSpot = spots[told];
  const toldPoint = points[told];
  const toldAt = toldPoint === undefined ? undefined : toScreen(view, toldPoint);

  return (
    <div className="map">
      <div
        ref={setBox}
        className="map-canvas"
        role="application"
        aria-roledescription={text.map.role}
        aria-label={text.map.label(spots.length, places.length)}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {width > 0 && (
          <svg
            width={width}
            height={height}
            onPointerDown={(event) => {
              pointers.current.set(event.pointerId, inside(event));
              dragged.current = 0;
            }}
            onPointerMove={onPointerMove}
            onPointerUp={onPointerUp}
            onPointerCancel={onPointerUp}
            onPointerLeave={() => setHovered(-1)}
          >
            <g transform={`matrix(${view.scale} 0 0 ${view.scale} ${view.dx} ${view.dy})`} aria-hidden="true">
              <path className="land" d={land} />
              <path className="lines" d={lines} />
              <path className="dots ring" d={critical} />
              <path className="dots halo" d={all} />
              {layers.map(({ state, path }) => (
                <path key={state} className="dots" d={path} style={{ stroke: stateColor(state) }} />
              ))}
            </g>
            {toldAt !== undefined && <circle className="picked" cx={toldAt[0]} cy={toldAt[1]} r={8} />}
            {marks.map(({ place, at }, index) => (
              <PlaceMark
                key={place.id}
                place={place}
                at={at}
                side={sides[index] ?? "none"}
                isCurrent={place.id === currentPlace}
                onPlace={onPlace}
              />
            ))}
            <g className="scale" aria-hidden="true" transform={`translate(14 ${height - 16})`}>
              <path d={`M0,-5V0H${bar.pixels.toFixed(1)}V-5`} />
              <text x={bar.pixels / 2} y={-6} textAnchor="middle">
                {format.quantity(bar.kilometres, "km", bar.kilometres < 1 ? 1 : 0)}
              </text>
            </g>
          </svg>
        )}
      </div>
      {toldSpot !== undefined &&
        toldAt !== undefined &&
        about !== undefined &&
        isSeen(toldAt, width, height) && (
          <div
            className={toldAt[1] < 120 ? "map-about below" : "map-about"}
            style={{ left: Math.max(110, Math.min(width - 110, toldAt[0])), top: toldAt[1] }}
          >
            {about(toldSpot.id)}
          </div>
        )}
      <div className="map-tools">
        <button
          type="button"
          className="button icon"
          aria-label={text.map.closer}
          onClick={() => change((old) => zoom(old, 1.6, middle, limits))}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          className="button icon"
          aria-label={text.map.farther}
          onClick={() => change((old) => zoom(old, 1 / 1.6, middle, limits))}
        >
          <Icon name="minus" />
        </button>
        <button
          type="button"
          className="button icon"
          aria-label={text.map.whole}
          onClick={() => setMoved(undefined)}
        >
          <Icon name="fit" />
        </button>
      </div>
    </div>
  );
});

interface PlaceMarkProps {
  readonly place: Place;
  readonly at: Point;
  readonly side: Side;
  readonly isCurrent: boolean;
  readonly onPlace: ((id: string) => void) | undefined;
}

function PlaceMark({ place, at: [x, y], side, isCurrent, onPlace }: PlaceMarkProps): ReactElement {
  const count = String(place.count);
  const wide = 14 + 8 * count.length;
  const offset = OFFSETS[side === "none" ? "below" : side];
  return (
    <g transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
      <g
        className={isCurrent ? "place current" : "place"}
        role="button"
        aria-pressed={isCurrent}
        aria-label={place.about}
        tabIndex={0}
        onPointerDown={(event) => event.stopPropagation()}
        onPointerUp={(event) => event.stopPropagation()}
        onClick={() => onPlace?.(place.id)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation();
          onPlace?.(place.id);
        }}
      >
        <rect x={-wide / 2} y={-11} width={wide} height={22} rx={7} />
        <text
          className={side === "none" ? "place-name covered" : "place-name"}
          textAnchor={offset.anchor}
          x={offset.x}
          y={offset.y}
        >
          {place.name}
        </text>
      </g>
      {/* Beside the button, for it is no part of its name. */}
      <text className="place-count" textAnchor="middle" y={4} aria-hidden="true">
        {count}
      </text>
    </g>
  );
}

/** Lines of latitude and longitude, every tenth of a degree of a city, wider apart in a larger market. */
function graticule({ left, top, right, bottom }: Box): string {
  const span = Math.max(right - left, bottom - top);
  const step = [0.1, 0.5, 1, 5, 10].find((each) => span / each <= 12) ?? 10;
  const far = span;
  const upright: string[] = [];
  for (let x = Math.floor((left - far) / step) * step; x <= right + far; x += step) {
    upright.push(`M${(x - left).toFixed(6)},${-far}v${bottom - top + 2 * far}`);
  }
  for (let y = Math.floor((top - far) / step) * step; y <= bottom + far; y += step) {
    upright.push(`M${-far},${(y - top).toFixed(6)}h${right - left + 2 * far}`);
  }
  return upright.join("");
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function isSeen([x, y]: Point, width: number, height: number): boolean {
  return x >= 0 && y >= 0 && x <= width && y <= height;
}
