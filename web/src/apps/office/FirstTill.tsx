// The third step: a station is made, and a till is paired to it.
import { Button, Skeleton, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Event, Station } from "@/api";
import { PairTill, useAddStation, useStations } from "@/rooms/events";
import { Panel, Refused } from "@/ui/desk";

interface FirstTillProps {
  event: Event;
  onPaired: (station: Station) => void;
}

export function FirstTill({ event, onPaired }: FirstTillProps) {
  const stations = useStations(event.id);
  const add = useAddStation(event.id, () => undefined);
  const asked = useRef(false);
  const none = stations.data?.length === 0;
  useEffect(() => {
    if (!none || asked.current) return;
    asked.current = true;
    add.run({ name: "Bar 1", kind: "bar" });
  }, [none, add]);
  const station = stations.data?.[0];
  return (
    <div style={{ maxWidth: 860 }}>
      <Panel>
        <Text c="dimmed" my="sm">
          Any phone, tablet or laptop with a browser becomes a till. This page notices by itself when yours is ready.
        </Text>
        <Refused failure={add.failure} />
        {station ? (
          <>
            <PairTill station={station} name="Till 1" onPaired={() => onPaired(station)} />
            <Button variant="subtle" fullWidth mt="md" onClick={() => onPaired(station)}>
              I will pair one later
            </Button>
          </>
        ) : (
          <Skeleton height={208} radius="md" />
        )}
      </Panel>
    </div>
  );
}
