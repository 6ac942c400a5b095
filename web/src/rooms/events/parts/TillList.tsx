// The tills of one station: since when, and the way to unpair it.
import { Button } from "@mantine/core";
import type { DeviceRow } from "@/api";
import { formatTime } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, Chip } from "@/ui/desk";
import { useRevoke } from "../queries";
import { sentences } from "../words";
import classes from "./TillList.module.css";

export function TillList({ devices, timeZone }: { devices: DeviceRow[] | undefined; timeZone: string }) {
  if (!devices) return <div className={classes.none} aria-busy="true" />;
  if (devices.length === 0) return <p className={classes.none}>{sentences.noTills.detail}</p>;
  return (
    <ul className={classes.list}>
      {[...devices].sort(byUse).map((device) => (
        <TillLine key={device.id} device={device} timeZone={timeZone} />
      ))}
    </ul>
  );
}

/** Those that sell first; the unpaired ones are history. */
function byUse(one: DeviceRow, other: DeviceRow): number {
  return Number(one.revoked_ms !== null) - Number(other.revoked_ms !== null) || one.name.localeCompare(other.name);
}

function TillLine({ device, timeZone }: { device: DeviceRow; timeZone: string }) {
  const may = useMay();
  const revoke = useRevoke(device.event_id);
  const gone = device.revoked_ms !== null;
  return (
    <li className={classes.till} data-gone={gone || undefined}>
      <div className={classes.what}>
        <span className={classes.name}>{device.name}</span>
        <TillState device={device} timeZone={timeZone} />
      </div>
      {!gone && may("devices:write") && (
        <Button variant="subtle" color="grenadine" loading={revoke.busy} aria-label={`Unpair ${device.name}`} onClick={() => ask({ ...sentences.revoke(device.name), onYes: () => revoke.run(device) })}>
          Unpair
        </Button>
      )}
    </li>
  );
}

function TillState({ device, timeZone }: { device: DeviceRow; timeZone: string }) {
  if (device.revoked_ms !== null) return <Chip tone="still">Unpaired {formatTime(device.revoked_ms, "moment", timeZone)}</Chip>;
  return <Chip tone="good">Paired {formatTime(device.created_ms, "moment", timeZone)}</Chip>;
}
