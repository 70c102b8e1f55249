import type { ReactElement } from "react";

import type { Paged } from "../app/paged";
import { text } from "../text/en";
import { Problem } from "./states";

/** Loads the next part of a list. */
export function More({ list }: { readonly list: Paged<unknown> }): ReactElement | null {
  if (!list.hasMore) return null;
  return (
    <div className="more">
      {list.moreError !== undefined && <Problem error={list.moreError} />}
      <button type="button" className="button" disabled={list.loadingMore} onClick={list.loadMore}>
        {list.loadingMore ? text.states.loading : text.actions.more}
      </button>
    </div>
  );
}
