import type { ReactElement } from "react";
import { Link } from "wouter";

import { listStations } from "../../api/calls";
import type { BayView, StationView } from "../../api/schema.gen";
import { useLive } from "../../app/hooks";
import { useMe } from "../../app/me";
import { Page } from "../../app/Page";
import { useServices } from "../../app/services";
import { FleetMap } from "../../map/FleetMap";
import { text } from "../../text/en";
import { Icon } from "../../ui/icons";
import { Fresh, Loaded } from "../../ui/states";

/** Stations with their bays, and who stands in which. */
export default function StationsPage(): ReactElement {
  const { api } = useServices();
  const live = useLive("stations", (signal) => listStations(api, signal), 10_000);
  return (
    <Page title={text.nav.stations} aside={<Fresh live={live} />}>
      <Loaded live={live}>{({ stations }) => <Stations stations={stations} />}</Loaded>
    </Page>
  );
}

function taken({ bays }: StationView): number {
  return bays.filter(({ occupiedBy }) => occupiedBy !== undefined).length;
}

function Stations({ stations }: { readonly stations: readonly StationView[] }): ReactElement {
  const me = useMe();
  return (
    <>
      <section className="card clip where" aria-label={text.fleet.map}>
        <FleetMap
          outline={me.outline}
          spots={[]}
          places={stations.map((station) => ({
            id: station.stationId,
            name: station.name,
            latitude: station.latitude,
            longitude: station.longitude,
            count: taken(station),
            about: text.stations.about(station.name, taken(station), station.bays.length),
          }))}
          onPlace={(id) => document.getElementById(id)?.scrollIntoView({ block: "center" })}
        />
      </section>
      <div className="stations">
        {stations.map((station) => (
          <section key={station.stationId} id={station.stationId} className="card" aria-label={station.name}>
            <header>
              <h2>{station.name}</h2>
              <span className="muted number">{text.stations.taken(taken(station), station.bays.length)}</span>
            </header>
            <div className="body stack tight">
              <p className="muted">{station.address}</p>
              <ul className="bays">
                {station.bays.map((bay) => (
                  <Bay key={bay.bayId} bay={bay} />
                ))}
              </ul>
            </div>
          </section>
        ))}
      </div>
    </>
  );
}

function Bay({ bay }: { readonly bay: BayView }): ReactElement {
  const state = !bay.registered
    ? "closed"
    : bay.occupiedBy !== undefined
      ? "taken"
      : bay.reservedBy !== undefined
        ? "kept"
        : "free";
  return (
    <li className={`bay ${state}`}>
      <span className="row spread">
        <strong>{bay.bayId}</strong>
        {bay.charging && (
          <span title={text.columns.charging}>
            <Icon name="bolt" size={14} />
            <span className="hidden-visually">{text.columns.charging}</span>
          </span>
        )}
      </span>
      {bay.occupiedBy === undefined ? (
        <span className="muted">{text.stations.bays[state]}</span>
      ) : (
        <Link href={`/vehicles/${bay.occupiedBy}`}>{bay.occupiedBy}</Link>
      )}
    </li>
  );
}
