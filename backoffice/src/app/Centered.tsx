import type { ReactElement, ReactNode } from "react";

/** A page of one card, before there is anything else. */
export function Centered({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <main className="center">
      <div className="card">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
