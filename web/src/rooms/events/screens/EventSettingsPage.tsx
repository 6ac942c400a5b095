// One event's own page: when it is, how it counts tax, opening and closing it.
import { Button, Radio, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Event } from "@/api";
import { useMay } from "@/rooms/people";
import { ask, Chip, PageHead, Panel } from "@/ui/desk";
import { useChangeEvent } from "../queries";
import { eventStates, roundings, sentences } from "../words";
import { instantOf, wallOf } from "../zoned";
import classes from "./EventSettingsPage.module.css";

export function EventSettingsPage({ event }: { event: Event }) {
  return (
    <>
      <PageHead title="Settings" about={event.name}>
        <StateChange event={event} />
      </PageHead>
      <div className={classes.columns}>
        <Panel title="Name and times">
          <Times key={event.id} event={event} />
        </Panel>
        <Panel title="Money">
          <MoneyRules event={event} />
        </Panel>
      </div>
    </>
  );
}

function StateChange({ event }: { event: Event }) {
  const may = useMay();
  const change = useChangeEvent(event, (after) => `${after.name} is ${after.state}.`);
  const state = <Chip tone={eventStates[event.state].tone}>{eventStates[event.state].label}</Chip>;
  if (!may("events:write") || event.state === "closed") return state;
  const to = event.state === "draft" ? "open" : "closed";
  const words = to === "open" ? sentences.open : sentences.close;
  return (
    <>
      <span className={classes.state}>{state}</span>
      <Button variant={to === "open" ? "filled" : "light"} color={to === "open" ? "amber" : "grenadine"} loading={change.busy} onClick={() => ask({ ...words, onYes: () => change.run({ state: to }) })}>
        {to === "open" ? "Open the event" : "Close the event"}
      </Button>
    </>
  );
}

function Times({ event }: { event: Event }) {
  const may = useMay();
  const change = useChangeEvent(event, () => "Saved.");
  const form = useForm({
    initialValues: { name: event.name, starts: wallOf(event.starts_ms, event.time_zone), ends: wallOf(event.ends_ms, event.time_zone) },
    validate: {
      name: (value) => (value.trim() === "" ? "Give it a name." : null),
      ends: (value, { starts }) => ((instantOf(value, event.time_zone) ?? 0) <= (instantOf(starts, event.time_zone) ?? 0) ? "Choose an end after the start." : null),
    },
  });
  const readOnly = !may("events:write");
  const save = form.onSubmit(({ name, starts, ends }) =>
    change.run({ name: name.trim(), starts_ms: instantOf(starts, event.time_zone) ?? event.starts_ms, ends_ms: instantOf(ends, event.time_zone) ?? event.ends_ms }),
  );
  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md">
        <TextInput label="Name" readOnly={readOnly} {...form.getInputProps("name")} />
        <TextInput type="datetime-local" label="Starts" readOnly={readOnly} {...form.getInputProps("starts")} />
        <TextInput type="datetime-local" label="Ends" readOnly={readOnly} {...form.getInputProps("ends")} />
        <Text size="sm" c="dimmed">
          Times are those of {event.time_zone}, at {event.venue_name}.
        </Text>
        {!readOnly && (
          <Button type="submit" variant="light" loading={change.busy} disabled={!form.isDirty()}>
            Save
          </Button>
        )}
      </Stack>
    </form>
  );
}

function MoneyRules({ event }: { event: Event }) {
  const may = useMay();
  const change = useChangeEvent(event, () => "Saved.");
  if (event.state !== "draft" || !may("events:write")) return <MoneyFacts event={event} />;
  return (
    <Stack gap="md">
      <TextInput label="Currency" value={event.currency} readOnly />
      <Switch label="Prices include tax" size="md" checked={event.prices_include_tax} disabled={change.busy} onChange={(input) => change.run({ prices_include_tax: input.currentTarget.checked })} />
      <Radio.Group label="Tax is rounded" value={event.rounding_scope} onChange={(scope) => change.run({ rounding_scope: scope })}>
        <Stack gap={0} mt={4}>
          <Radio value="line" label={roundings.line} description="As most tills do it" py={9} />
          <Radio value="document" label={roundings.document} description="Where the law asks for it" py={9} />
        </Stack>
      </Radio.Group>
    </Stack>
  );
}

function MoneyFacts({ event }: { event: Event }) {
  return (
    <>
      <dl className={classes.facts}>
        <dt>Currency</dt>
        <dd>{event.currency}</dd>
        <dt>Prices</dt>
        <dd>{event.prices_include_tax ? "Include tax" : "Tax is added"}</dd>
        <dt>Tax is rounded</dt>
        <dd>{roundings[event.rounding_scope]}</dd>
      </dl>
      {event.state !== "draft" && (
        <Text size="sm" c="dimmed" mt="md">
          Fixed since the event opened, because orders are priced by it.
        </Text>
      )}
    </>
  );
}
