import { useCallback, useEffect, useState } from "react";

import { useLive, type Live } from "./hooks";

interface Part {
  readonly cursor?: string | undefined;
}

export interface Paged<T> {
  /** Of the first page, which stays fresh. */
  readonly live: Live<unknown>;
  /** Of all pages that were loaded; undefined before the first. */
  readonly items: readonly T[] | undefined;
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly moreError: unknown;
  readonly loadMore: () => void;
}

type LoadPage<P extends Part> = (cursor: string | undefined, signal: AbortSignal) => Promise<P>;

/**
 * A list that comes page by page. The first page is loaded again every so often; further ones when asked
 * for, and they are dropped when the key changes.
 */
export function usePaged<T, P extends Part>(
  key: string,
  load: LoadPage<P>,
  itemsOf: (page: P) => readonly T[],
  every?: number,
): Paged<T> {
  const live = useLive(key, (signal) => load(undefined, signal), every);
  const [more, setMore] = useState<readonly P[]>([]);
  const [loadingMore, setLoadingMore] = useState(false);
  const [moreError, setMoreError] = useState<unknown>(undefined);
  useEffect(() => {
    setMore([]);
    setMoreError(undefined);
  }, [key]);
  const first = live.data;
  const cursor = (more.at(-1) ?? first)?.cursor;
  const loadMore = useCallback(() => {
    if (cursor === undefined || loadingMore) return;
    setLoadingMore(true);
    setMoreError(undefined);
    load(cursor, new AbortController().signal)
      .then((page) => setMore((pages) => [...pages, page]))
      .catch((error: unknown) => setMoreError(error))
      .finally(() => setLoadingMore(false));
  }, [cursor, load, loadingMore]);
  return {
    live,
    items: first === undefined ? undefined : [first, ...more].flatMap(itemsOf),
    hasMore: cursor !== undefined,
    loadingMore,
    moreError,
    loadMore,
  };
}
