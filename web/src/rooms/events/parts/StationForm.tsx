// Adds a station, or changes one.
import { Button, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Station } from "@/api";
import { Refused } from "@/ui/desk";
import { useAddStation, useChangeStation } from "../queries";
import { stationKinds } from "../words";

interface StationFormProps {
  eventId: string;
  station?: Station;
  onClose: () => void;
}

export function StationForm({ eventId, station, onClose }: StationFormProps) {
  if (station) return <Change station={station} onClose={onClose} />;
  return <Add eventId={eventId} onClose={onClose} />;
}

function Add({ eventId, onClose }: { eventId: string; onClose: () => void }) {
  const add = useAddStation(eventId, onClose);
  return <Fields start={{ name: "", kind: "bar" }} deed="Add it" act={add} />;
}

function Change({ station, onClose }: { station: Station; onClose: () => void }) {
  const change = useChangeStation(station, onClose);
  return <Fields start={station} deed="Save" act={change} />;
}

type Values = Pick<Station, "name" | "kind">;
type Act = Pick<ReturnType<typeof useAddStation>, "busy" | "failure"> & { run: (values: Values) => void };

function Fields({ start, deed, act }: { start: Values; deed: string; act: Act }) {
  const [values, setValues] = useState<Values>({ name: start.name, kind: start.kind });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        act.run(values);
      }}
    >
      <Stack gap="md">
        <Refused failure={act.failure} shown={["name"]} />
        <TextInput
          label="Name"
          placeholder="Bar 2"
          required
          withAsterisk={false}
          data-autofocus
          value={values.name}
          error={act.failure?.fields["name"]}
          onChange={(event) => setValues({ ...values, name: event.currentTarget.value })}
        />
        <div>
          <Text size="sm" fw={500} mb={4} id="station-kind">
            Kind
          </Text>
          <SegmentedControl fullWidth size="md" aria-labelledby="station-kind" data={stationKinds} value={values.kind} onChange={(kind) => setValues({ ...values, kind })} />
        </div>
        <Button type="submit" loading={act.busy} disabled={values.name.trim() === ""}>
          {deed}
        </Button>
      </Stack>
    </form>
  );
}
