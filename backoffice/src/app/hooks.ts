import { useEffect, useMemo, useState, useSyncExternalStore } from "react";

import type { Load, Snapshot } from "../api/live";
import { useServices } from "./services";

export interface Live<T> extends Snapshot<T> {
  readonly refresh: () => Promise<void>;
}

/**
 * Data of the API that stays fresh. `key` names what is loaded, its parameters included; data whose key
 * begins with what an action changed is loaded anew. `every`: ms; loaded once when absent.
 */
export function useLive<T>(key: string, load: Load<T>, every?: number): Live<T> {
  const { sources } = useServices();
  // The key says all that `load` depends on.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const source = useMemo(() => sources.source(key, load, every), [sources, key]);
  const snapshot = useSyncExternalStore(source.subscribe, source.current);
  return { ...snapshot, refresh: source.refresh };
}

/** ms since the epoch, anew every `every` ms. */
export function useNow(every = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

export function useMedia(query: string): boolean {
  const list = useMemo(() => matchMedia(query), [query]);
  return useSyncExternalStore(
    (listener) => {
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    () => list.matches,
  );
}

/** Whether the screen is a phone's; the same width as in the style sheets. */
export function usePhone(): boolean {
  return useMedia("(max-width: 640px)");
}

/** The width of an element in pixels, 0 before it is laid out. */
export function useWidth(element: HTMLElement | null): number {
  return useSize(element).width;
}

export function useSize(element: HTMLElement | null): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      setSize({ width: Math.round(width), height: Math.round(height) });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** The value once it has not changed for a while. */
export function useSettled<T>(value: T, ms = 250): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
