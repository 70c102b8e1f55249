import { useEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { text } from "../text/en";
import { Icon, type IconName } from "../ui/icons";
import { useNow } from "./hooks";
import { useMe } from "./me";
import { ThemeSwitch } from "./ThemeSwitch";
import { useServices } from "./services";
import { useConnection, useOpenAlerts } from "./shellData";

interface Entry {
  readonly path: string;
  readonly words: string;
  readonly icon: IconName;
  /** The operation that one must be allowed to use it. */
  readonly needs: string;
}

const ENTRIES: readonly Entry[] = [
  { path: "/", words: text.nav.fleet, icon: "fleet", needs: "listVehicles" },
  { path: "/alerts", words: text.nav.alerts, icon: "alert", needs: "listAlerts" },
  { path: "/work-orders", words: text.nav.workOrders, icon: "work", needs: "listWorkOrders" },
  { path: "/bookings", words: text.nav.bookings, icon: "booking", needs: "listBookings" },
  { path: "/stations", words: text.nav.stations, icon: "station", needs: "listStations" },
  { path: "/kpis", words: text.nav.kpis, icon: "kpi", needs: "listKpis" },
  { path: "/audit", words: text.nav.audit, icon: "audit", needs: "listAudit" },
];

/** Navigation and frame around every page. */
export function Shell({ children }: { readonly children: ReactNode }): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  const [location] = useLocation();
  const menu = useRef<HTMLButtonElement>(null);
  useEffect(() => setIsOpen(false), [location]);
  return (
    <div
      className="shell"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !isOpen) return;
        setIsOpen(false);
        menu.current?.focus();
      }}
    >
      <a className="skip" href="#main">
        {text.nav.skip}
      </a>
      <Side isOpen={isOpen} />
      <div className="main">
        <header className="topbar">
          <button
            ref={menu}
            type="button"
            className="button icon"
            aria-expanded={isOpen}
            aria-controls="side"
            aria-label={text.nav.menu}
            onClick={() => setIsOpen(!isOpen)}
          >
            <Icon name={isOpen ? "close" : "menu"} />
          </button>
          {text.product}
        </header>
        <Outage />
        {children}
      </div>
    </div>
  );
}

function Side({ isOpen }: { readonly isOpen: boolean }): ReactElement {
  const [location] = useLocation();
  const { config, session } = useServices();
  const me = useMe();
  const openAlerts = useOpenAlerts();
  return (
    <div id="side" className={isOpen ? "side open" : "side"}>
      <div className="brand">
        <img src="/favicon.svg" alt="" width={32} height={32} />
        <span>
          {text.product}
          <small>
            {config.marketName} &middot; {config.environment}
          </small>
        </span>
      </div>
      <nav aria-label={text.nav.label}>
        <ul>
          {ENTRIES.filter((entry) => me.may(entry.needs)).map((entry) => (
            <li key={entry.path}>
              <Link href={entry.path} aria-current={isAt(location, entry.path) ? "page" : undefined}>
                <Icon name={entry.icon} />
                {entry.words}
                {entry.path === "/alerts" && openAlerts > 0 && (
                  <span className="count">
                    {openAlerts}
                    <span className="hidden-visually"> {text.nav.open}</span>
                  </span>
                )}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="person">
        <span>
          <strong>{session.displayName ?? me.name}</strong>
          <small>{me.groups.map((group) => text.groups[group] ?? group).join(", ")}</small>
        </span>
        <span className="row">
          <button type="button" className="button small" onClick={() => void session.signOut()}>
            <Icon name="leave" size={15} />
            {text.nav.signOut}
          </button>
          <ThemeSwitch />
        </span>
      </div>
    </div>
  );
}

/** The page stays, with what was loaded last; it is told how old that is and when it is tried again. */
function Outage(): ReactElement | null {
  const { format, sources } = useServices();
  const connection = useConnection();
  if (!connection.isDown) return null;
  return (
    <div className="outage" role="alert">
      <Icon name="alert" />
      <span>{text.outage.title(format.clock(connection.loadedAt))}</span>
      <Countdown to={connection.retryAt} />
      <button type="button" className="button small" onClick={sources.retry}>
        {text.outage.now}
      </button>
    </div>
  );
}

function Countdown({ to }: { readonly to: number | undefined }): ReactElement | null {
  const now = useNow();
  if (to === undefined) return <span>{text.outage.trying}</span>;
  return <span aria-hidden="true">{text.outage.retry(Math.max(0, Math.ceil((to - now) / 1_000)))}</span>;
}

function isAt(location: string, path: string): boolean {
  return path === "/" ? location === "/" || location.startsWith("/vehicles/") : location.startsWith(path);
}
