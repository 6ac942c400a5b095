// Pairs a till: a code to type, a square to scan, a link to open; and says by itself when the device has come.
import { Anchor, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DeviceRow, Station } from "@/api";
import { formatTime } from "@/format";
import { ErrorState } from "@/ui";
import { QrCode, useExplain } from "@/ui/desk";
import { useDevices, usePairingCode } from "../queries";
import { sentences } from "../words";
import classes from "./PairTill.module.css";

interface PairTillProps {
  station: Station;
  name: string;
  /** What to show once it is paired. */
  onPaired?: (device: DeviceRow) => void;
}

const LOOK_EVERY_MS = 1_500;

export function PairTill({ station, name, onPaired }: PairTillProps) {
  const explain = useExplain();
  const fetchCode = usePairingCode(station.event_id);
  const [round, setRound] = useState(0);
  const code = useQuery({ queryKey: ["pairing", station.id, name, round], queryFn: () => fetchCode(station, name), staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false });
  const paired = useNewcomer(station, onPaired);
  if (paired) return <Paired device={paired} />;
  if (code.error) return <ErrorState {...explain(code.error)} action="Try again" onAction={() => void code.refetch()} />;
  const address = `${location.origin}/till?code=${code.data?.code ?? ""}`;
  return (
    <div className={classes.pair}>
      {code.data ? <QrCode text={address} label="Scan to open the till with its code" /> : <Skeleton width={208} height={208} radius={12} />}
      <Stack gap="xs">
        <Text>{sentences.pairing}</Text>
        <div className={classes.code} data-testid="pairing-code">
          {code.data ? `${code.data.code.slice(0, 4)} ${code.data.code.slice(4)}` : "\u00a0"}
        </div>
        <Text size="sm" c="dimmed">
          {location.host}/till · {code.data ? `works until ${formatTime(code.data.expires_ms, "time")}` : "\u00a0"}
        </Text>
        <Group gap="xs">
          <Button component="a" href={address} target="_blank" rel="noopener" variant="light" rightSection={<IconExternalLink size={17} />} disabled={!code.data}>
            Open it in this browser
          </Button>
          <Anchor component="button" type="button" mih={44} onClick={() => setRound(round + 1)}>
            New code
          </Anchor>
        </Group>
      </Stack>
    </div>
  );
}

/** The first till at this station that was not there when we began to wait. */
function useNewcomer(station: Station, onPaired: PairTillProps["onPaired"]): DeviceRow | undefined {
  const devices = useDevices(station.event_id, LOOK_EVERY_MS);
  const [known, setKnown] = useState<ReadonlySet<string> | null>(null);
  const [told, setTold] = useState(false);
  if (devices.data && known === null) setKnown(new Set(devices.data.map((device) => device.id)));
  const found = known === null ? undefined : devices.data?.find((device) => device.station_id === station.id && !known.has(device.id));
  if (found && !told) {
    setTold(true);
    queueMicrotask(() => onPaired?.(found));
  }
  return found;
}

function Paired({ device }: { device: DeviceRow }) {
  return (
    <Group gap="sm" wrap="nowrap" mih={64} role="status">
      <IconCircleCheck size={36} color="var(--mantine-color-hop-5)" aria-hidden />
      <Text fw={600} size="lg">
        {device.name} is paired and ready to sell.
      </Text>
    </Group>
  );
}
