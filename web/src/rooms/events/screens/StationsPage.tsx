// Where things are sold at an event, and the tills there: add, rename, pair, unpair.
import { Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconBuildingStore, IconPlus } from "@tabler/icons-react";
import type { DeviceRow, Event, Station } from "@/api";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { Loaded, PageHead, Panel } from "@/ui/desk";
import { PairTill } from "../parts/PairTill";
import { StationForm } from "../parts/StationForm";
import { TillList } from "../parts/TillList";
import { useDevices, useStations } from "../queries";
import { kindLabel, sentences } from "../words";
import classes from "./StationsPage.module.css";

const LOOK_EVERY_MS = 15_000;

export function StationsPage({ event }: { event: Event }) {
  const stations = useStations(event.id);
  const may = useMay();
  const add = () => {
    const id = modals.open({ title: <b>Add a station</b>, centered: true, children: <StationForm eventId={event.id} onClose={() => modals.close(id)} /> });
  };
  return (
    <>
      <PageHead title="Stations and tills">
        {may("events:write") && (
          <Button leftSection={<IconPlus size={18} />} onClick={add}>
            Add a station
          </Button>
        )}
      </PageHead>
      <Loaded query={stations} ghost={<Ghost />}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState
              {...sentences.noStations}
              icon={<IconBuildingStore size={32} stroke={1.6} />}
              {...(may("events:write") ? { action: "Add the first one", onAction: add } : {})}
            />
          ) : (
            <StationList stations={all} eventId={event.id} timeZone={event.time_zone} />
          )
        }
      </Loaded>
    </>
  );
}

function StationList({ stations, eventId, timeZone }: { stations: Station[]; eventId: string; timeZone: string }) {
  const may = useMay();
  return (
    <div className={classes.grid}>
      {may("devices:read")
        ? stations.map((station) => <WithTills key={station.id} station={station} eventId={eventId} timeZone={timeZone} />)
        : stations.map((station) => <StationPanel key={station.id} station={station} devices={null} timeZone={timeZone} />)}
    </div>
  );
}

function WithTills({ station, eventId, timeZone }: { station: Station; eventId: string; timeZone: string }) {
  const devices = useDevices(eventId, LOOK_EVERY_MS);
  return <StationPanel station={station} devices={devices.data?.filter((device) => device.station_id === station.id)} timeZone={timeZone} />;
}

/** `devices` is null when one may not see them, undefined while they are on the way. */
function StationPanel({ station, devices, timeZone }: { station: Station; devices: DeviceRow[] | undefined | null; timeZone: string }) {
  const may = useMay();
  const edit = () => {
    const id = modals.open({ title: <b>Change {station.name}</b>, centered: true, children: <StationForm eventId={station.event_id} station={station} onClose={() => modals.close(id)} /> });
  };
  const paired = devices?.filter((device) => device.revoked_ms === null).length ?? 0;
  const pair = () => {
    modals.open({ title: <b>Pair a till to {station.name}</b>, centered: true, size: "lg", children: <PairTill station={station} name={`${station.name}, till ${paired + 1}`} /> });
  };
  return (
    <Panel
      title={station.name}
      flush
      aside={
        may("events:write") && (
          <Button variant="subtle" aria-label={`Change ${station.name}`} onClick={edit}>
            Change
          </Button>
        )
      }
    >
      <p className={classes.kind}>{kindLabel(station.kind)}</p>
      {devices !== null && <TillList devices={devices} timeZone={timeZone} />}
      {may("devices:write") && (
        <div className={classes.foot}>
          <Button variant="light" fullWidth onClick={pair}>
            Pair a till
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Ghost() {
  return (
    <div className={classes.grid} aria-busy="true">
      {[0, 1].map((n) => (
        <Panel key={n} title={"\u00a0"} flush>
          <div className={classes.ghost} />
        </Panel>
      ))}
    </div>
  );
}
