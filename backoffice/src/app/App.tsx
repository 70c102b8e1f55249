import { lazy, Suspense, useMemo, type ReactElement } from "react";
import { Route, Switch } from "wouter";

import { getMe } from "../api/calls";
import { ApiProblem } from "../api/problem";
import { FleetPage } from "../pages/fleet/FleetPage";
import { text } from "../text/en";
import { Problem, Skeleton } from "../ui/states";
import { Toasts } from "../ui/toasts";
import { ME } from "./ahead";
import { Boundary } from "./Boundary";
import { Centered } from "./Centered";
import { useLive } from "./hooks";
import { MeContext, meFrom } from "./me";
import { Page } from "./Page";
import { useServices } from "./services";
import { Shell } from "./Shell";

const VehiclePage = lazy(() => import("../pages/vehicle/VehiclePage"));
const AlertsPage = lazy(() => import("../pages/alerts/AlertsPage"));
const WorkOrdersPage = lazy(() => import("../pages/work/WorkOrdersPage"));
const BookingsPage = lazy(() => import("../pages/bookings/BookingsPage"));
const StationsPage = lazy(() => import("../pages/stations/StationsPage"));
const KpisPage = lazy(() => import("../pages/kpis/KpisPage"));
const AuditPage = lazy(() => import("../pages/audit/AuditPage"));

/** The back office of somebody who is signed in. */
export function App(): ReactElement {
  const { api, session } = useServices();
  const live = useLive(ME.key, (signal) => getMe(api, signal));
  const me = useMemo(() => (live.data === undefined ? undefined : meFrom(live.data)), [live.data]);
  if (live.error instanceof ApiProblem && live.error.isForbidden) {
    return (
      <Centered title={text.session.noGroupTitle}>
        <p>{text.session.noGroup}</p>
        <button type="button" className="button" onClick={() => void session.signOut()}>
          {text.nav.signOut}
        </button>
      </Centered>
    );
  }
  if (me === undefined) {
    return (
      <Centered title={live.error === undefined ? text.session.starting : text.session.downTitle}>
        {live.error === undefined ? (
          <Skeleton rows={2} />
        ) : (
          <>
            <Problem error={live.error} onRetry={() => void live.refresh()} />
            <button type="button" className="button" onClick={() => void session.signOut()}>
              {text.nav.signOut}
            </button>
          </>
        )}
      </Centered>
    );
  }
  return (
    <MeContext value={me}>
      <Toasts>
        <Shell>
          <Boundary>
            <Suspense fallback={<Waiting />}>
              <Switch>
                <Route path="/" component={FleetPage} />
                <Route path="/vehicles/:vehicleId">
                  {({ vehicleId }) => <VehiclePage key={vehicleId} vehicleId={vehicleId} />}
                </Route>
                <Route path="/alerts" component={AlertsPage} />
                <Route path="/work-orders" component={WorkOrdersPage} />
                <Route path="/bookings" component={BookingsPage} />
                <Route path="/stations" component={StationsPage} />
                <Route path="/kpis" component={KpisPage} />
                <Route path="/audit" component={AuditPage} />
                <Route>
                  <Page title={text.session.lostTitle}>
                    <p>{text.session.lost}</p>
                  </Page>
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
        </Shell>
      </Toasts>
    </MeContext>
  );
}

function Waiting(): ReactElement {
  return (
    <main className="page">
      <div className="page-inner stack">
        <Skeleton />
      </div>
    </main>
  );
}
