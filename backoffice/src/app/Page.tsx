import { useEffect, useRef, type ReactElement, type ReactNode } from "react";

import { useServices } from "./services";
import { text } from "../text/en";

interface PageProps {
  readonly title: string;
  /** Beside the title, such as how fresh the data is. */
  readonly aside?: ReactNode;
  /** Fills the screen and scrolls inside, where the screen is large enough. */
  readonly fixed?: boolean;
  readonly children: ReactNode;
}

/** The main part: its heading gets the focus, so that readers hear where they are. */
export function Page({ title, aside, fixed = false, children }: PageProps): ReactElement {
  const { config } = useServices();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} \u00b7 ${text.product} ${config.marketName}`;
  }, [title, config.marketName]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <main id="main" className={fixed ? "page fixed" : "page"} tabIndex={-1}>
      <div className={fixed ? "page-inner" : "page-inner stack"}>
        <div className="title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {aside}
        </div>
        {children}
      </div>
    </main>
  );
}
