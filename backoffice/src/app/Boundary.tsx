import { Component, type ReactNode } from "react";

import { text } from "../text/en";
import { Problem } from "../ui/states";

interface BoundaryProps {
  readonly children: ReactNode;
}

/** Keeps a fault of one page from taking the navigation with it. */
export class Boundary extends Component<BoundaryProps, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <main id="main" className="page" tabIndex={-1}>
        <div className="page-inner stack">
          <h1>{text.problems.unexpected}</h1>
          {/* A new release has other files than the page that is open: loading it anew is the way out. */}
          <Problem error={this.state.error} onRetry={() => location.reload()} />
        </div>
      </main>
    );
  }
}
