/**
 * Data that stays fresh: each source is loaded while somebody looks at it, again every few seconds, more
 * slowly while it fails, and not at all in a hidden tab. What was loaded last stays on the page meanwhile.
 */

import { isPassing } from "./problem";

export interface Snapshot<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  /** ms, when `data` was loaded. */
  readonly loadedAt: number | undefined;
  /** ms, when it is tried again after a failure. */
  readonly retryAt: number | undefined;
}

export type Load<T> = (signal: AbortSignal) => Promise<T>;

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** How long data that nobody looks at is kept. */
const KEEP = 120_000;

const NOTHING: Snapshot<never> = {
  data: undefined,
  error: undefined,
  loading: true,
  loadedAt: undefined,
  retryAt: undefined,
};

/** ms until attempt `failures` + 1; `chance` in 0..1 spreads clients that failed together. */
export function pauseAfter(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
  return longest * (0.75 + chance / 4);
}

export class Source<T> {
  private snapshot: Snapshot<T> = NOTHING;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;
  private failures = 0;
  private idleSince = Date.now();

  constructor(
    private load: Load<T>,
    private readonly every: number | undefined,
    private readonly changed: () => void,
  ) {}

  readonly current = (): Snapshot<T> => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1 && this.running === undefined && this.isDue()) void this.refresh();
    else if (this.listeners.size === 1) this.schedule();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        clearTimeout(this.timer);
        this.idleSince = Date.now();
      }
    };
  };

  get isWatched(): boolean {
    return this.listeners.size > 0;
  }

  get isForgettable(): boolean {
    return !this.isWatched && Date.now() - this.idleSince > KEEP;
  }

  /** Loads now, whatever was planned. */
  readonly refresh = async (): Promise<void> => {
    clearTimeout(this.timer);
    this.running?.abort();
    const run = new AbortController();
    this.running = run;
    this.set({ ...this.snapshot, loading: true });
    try {
      const data = await this.load(run.signal);
      if (this.running !== run) return;
      this.failures = 0;
      this.set({ data, error: undefined, loading: false, loadedAt: Date.now(), retryAt: undefined });
    } catch (error) {
      if (this.running !== run) return;
      this.failures += 1;
      const passing = isPassing(error);
      const pause = passing ? pauseAfter(this.failures, Math.random()) : undefined;
      const retryAt = pause === undefined ? undefined : Date.now() + pause;
      // What is gone or forbidden must not stay on the page as if it were true.
      const data = passing ? this.snapshot.data : undefined;
      this.set({ ...this.snapshot, data, error, loading: false, retryAt });
    }
    this.running = undefined;
    this.schedule();
  };

  /** Loads anew as soon as somebody looks. */
  expire(): void {
    this.snapshot = { ...this.snapshot, loadedAt: undefined };
  }

  private isDue(): boolean {
    const { loadedAt, error } = this.snapshot;
    return loadedAt === undefined || error !== undefined || Date.now() - loadedAt > (this.every ?? 0);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (!this.isWatched) return;
    const { retryAt, error } = this.snapshot;
    const pause = retryAt !== undefined ? retryAt - Date.now() : error === undefined ? this.every : undefined;
    if (pause === undefined) return;
    this.timer = setTimeout(() => {
      if (isHidden()) this.schedule();
      else void this.refresh();
    }, pause);
  }

  private set(snapshot: Snapshot<T>): void {
    this.snapshot = snapshot;
    for (const listener of this.listeners) listener();
    this.changed();
  }
}

export interface Connection {
  readonly isDown: boolean;
  /** ms, when something was loaded last. */
  readonly loadedAt: number | undefined;
  readonly retryAt: number | undefined;
}

/** All sources of the page, by key. */
export class Sources {
  private readonly byKey = new Map<string, Source<unknown>>();
  private readonly listeners = new Set<() => void>();
  private connection: Connection = { isDown: false, loadedAt: undefined, retryAt: undefined };

  /** The source of a key; the first caller says how it is loaded. */
  source<T>(key: string, load: Load<T>, every?: number): Source<T> {
    const known = this.byKey.get(key);
    if (known !== undefined) return known as Source<T>;
    for (const [name, source] of this.byKey) if (source.isForgettable) this.byKey.delete(name);
    const made = new Source(load, every, () => this.review());
    this.byKey.set(key, made as unknown as Source<unknown>);
    return made;
  }

  /** Loads again what is looked at and whose key begins so, and the rest of them once it is. */
  invalidate(...prefixes: readonly string[]): void {
    for (const [key, source] of this.byKey) {
      if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
      if (source.isWatched) void source.refresh();
      else source.expire();
    }
  }

  /** Loads again what failed; called when the network or the tab is back. */
  readonly retry = (): void => {
    for (const source of this.byKey.values()) {
      if (source.isWatched && isPassing(source.current().error)) void source.refresh();
    }
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): Connection => this.connection;

  private review(): void {
    const watched = [...this.byKey.values()].filter((source) => source.isWatched).map((s) => s.current());
    const failing = watched.filter((snapshot) => isPassing(snapshot.error));
    const loaded = watched.flatMap((snapshot) => snapshot.loadedAt ?? []);
    const retries = failing.flatMap((snapshot) => snapshot.retryAt ?? []);
    const next: Connection = {
      isDown: failing.length > 0,
      loadedAt: loaded.length > 0 ? Math.max(...loaded) : undefined,
      retryAt: retries.length > 0 ? Math.min(...retries) : undefined,
    };
    const { isDown, loadedAt, retryAt } = this.connection;
    if (next.isDown === isDown && next.loadedAt === loadedAt && next.retryAt === retryAt) return;
    this.connection = next;
    for (const listener of this.listeners) listener();
  }
}

function isHidden(): boolean {
  return typeof document !== "undefined" && document.visibilityState === "hidden";
}
