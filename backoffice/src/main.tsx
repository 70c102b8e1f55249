import { StrictMode, type ReactElement, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { ErrorResponse } from "oidc-client-ts";

import { createApi } from "./api/client";
import { Sources } from "./api/live";
import { loadAhead } from "./app/ahead";
import { App } from "./app/App";
import { Centered } from "./app/Centered";
import { ServicesContext, type Services } from "./app/services";
import { applyTheme } from "./app/theme";
import { loadConfig } from "./config";
import { currentPath, Session, SIGNED_IN_PATH, SIGNED_OUT_PATH, SignInNeeded } from "./session/session";
import { text } from "./text/en";
import { Format } from "./text/format";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/data.css";
import "./styles/map.css";
import "./styles/pages.css";

applyTheme();

async function start(root: Root): Promise<void> {
  const show = (page: ReactNode): void => root.render(<StrictMode>{page}</StrictMode>);
  try {
    const config = await loadConfig();
    const session = new Session(config.login, location.origin);
    const signIn = (): void => void session.signIn("/").catch(() => undefined);
    if (location.pathname === SIGNED_OUT_PATH) {
      show(<SignedOut onSignIn={signIn} />);
      return;
    }
    if (location.pathname === SIGNED_IN_PATH) {
      const path = await session.finishSignIn();
      history.replaceState(null, "", path);
    } else {
      await session.signIn(currentPath());
    }
    const sources = new Sources();
    const services: Services = {
      config,
      session,
      sources,
      format: new Format(config),
      api: createApi(config.apiBaseUrl, session),
    };
    loadAhead(services, location.pathname);
    addEventListener("online", sources.retry);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") sources.retry();
    });
    show(
      <ServicesContext value={services}>
        <App />
      </ServicesContext>,
    );
  } catch (error) {
    if (error instanceof SignInNeeded) return; // the page is being left
    show(<Failed error={error} />);
  }
}

function SignedOut({ onSignIn }: { readonly onSignIn: () => void }): ReactElement {
  return (
    <Centered title={text.session.signedOutTitle}>
      <p>{text.session.signedOut}</p>
      <button type="button" className="button primary" onClick={onSignIn}>
        {text.session.signIn}
      </button>
    </Centered>
  );
}

function Failed({ error }: { readonly error: unknown }): ReactElement {
  const isRefusal = error instanceof ErrorResponse;
  return (
    <Centered title={isRefusal ? text.session.refusedTitle : text.session.downTitle}>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <button type="button" className="button primary" onClick={() => location.assign("/")}>
        {text.actions.retry}
      </button>
    </Centered>
  );
}

const element = document.getElementById("app");
if (element === null) throw new Error("index.html has no element #app");
void start(createRoot(element));
