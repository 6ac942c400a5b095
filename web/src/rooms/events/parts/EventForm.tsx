// The form of an event: what it is called, where, when, and how it counts money. Everything but the name has a good default.
import { Autocomplete, Button, Collapse, Select, SimpleGrid, Stack, Switch, TextInput, UnstyledButton } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { currencyChoices, useAccess, zoneChoices } from "@/rooms/people";
import { ownZone } from "@/format";
import { Refused, type Explained } from "@/ui/desk";
import { useVenues, type EventPlan } from "../queries";
import { instantOf, tonight } from "../zoned";

interface EventFormProps {
  deed: string;
  busy: boolean;
  failure: Explained | null;
  onPlan: (plan: EventPlan) => void;
}

/** Where the tax is added at the till rather than being in the price. */
const TAX_ON_TOP = new Set(["USD", "CAD"]);

const SHOWN = ["name", "starts_ms", "ends_ms", "time_zone", "currency"];

export function EventForm({ deed, busy, failure, onPlan }: EventFormProps) {
  const { me } = useAccess();
  const venues = useVenues();
  const [more, setMore] = useState(false);
  const zone = me.tenant?.time_zone ?? ownZone();
  const [choices] = useState(() => ({ currencies: currencyChoices(), zones: zoneChoices(ownZone()), night: tonight(Date.now(), zone) }));
  const currency = me.tenant?.currency ?? "EUR";
  const form = useForm({
    initialValues: { name: "Opening night", venue: me.tenant?.name ?? "", ...choices.night, time_zone: zone, currency, prices_include_tax: !TAX_ON_TOP.has(currency) },
    validate: {
      name: (value) => (value.trim() === "" ? "Give it a name." : null),
      venue: (value) => (value.trim() === "" ? "Say where it is." : null),
      starts: (value, { time_zone }) => (instantOf(value, time_zone) === null ? "Choose a day and a time." : null),
      ends: (value, { starts, time_zone }) => ((instantOf(value, time_zone) ?? 0) <= (instantOf(starts, time_zone) ?? 0) ? "Choose an end after the start." : null),
    },
  });
  const submit = form.onSubmit(({ starts, ends, ...plan }) => {
    onPlan({ ...plan, name: plan.name.trim(), starts_ms: instantOf(starts, plan.time_zone) ?? 0, ends_ms: instantOf(ends, plan.time_zone) ?? 0 });
  });
  const wrong = failure?.fields ?? {};
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Refused failure={failure} shown={SHOWN} />
        <TextInput label="Event" data-autofocus {...form.getInputProps("name")} error={form.errors["name"] ?? wrong["name"]} />
        <Autocomplete label="Venue" data={venues.data?.map((venue) => venue.name) ?? []} {...form.getInputProps("venue")} />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
          <TextInput type="datetime-local" label="Starts" {...form.getInputProps("starts")} error={form.errors["starts"] ?? wrong["starts_ms"]} />
          <TextInput type="datetime-local" label="Ends" {...form.getInputProps("ends")} error={form.errors["ends"] ?? wrong["ends_ms"]} />
        </SimpleGrid>
        <Switch
          label="Prices include tax"
          description={form.values.prices_include_tax ? "What the menu says is what the guest pays." : "Tax is added to the menu's prices at the till."}
          {...form.getInputProps("prices_include_tax", { type: "checkbox" })}
        />
        <UnstyledButton mih={44} c="dimmed" fw={600} aria-expanded={more} onClick={() => setMore(!more)}>
          {form.values.currency}, {form.values.time_zone} <IconChevronDown size={16} aria-hidden style={{ verticalAlign: -3 }} />
        </UnstyledButton>
        <Collapse expanded={more}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
            <Select label="Currency" data={choices.currencies} searchable allowDeselect={false} {...form.getInputProps("currency")} error={wrong["currency"]} />
            <Select label="Time zone" data={choices.zones} searchable allowDeselect={false} {...form.getInputProps("time_zone")} error={wrong["time_zone"]} />
          </SimpleGrid>
        </Collapse>
        <Button type="submit" loading={busy}>
          {deed}
        </Button>
      </Stack>
    </form>
  );
}
