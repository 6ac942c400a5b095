// Opens an account for a business. Currency and time zone are guessed from the browser and can be changed.
import { Button, PasswordInput, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import type { Person } from "@/api/person";
import { ownZone } from "@/format";
import { Refused, useAct } from "@/ui/desk";
import { currencyChoices, guessCurrency, zoneChoices } from "../locale";

const SHOWN = ["business_name", "name", "email", "password", "currency", "time_zone"];

export function SignUpForm({ person, onEnter }: { person: Person; onEnter: () => void }) {
  const [choices] = useState(() => ({ currencies: currencyChoices(), zones: zoneChoices(ownZone()) }));
  const form = useForm({
    initialValues: { business_name: "", name: "", email: "", password: "", currency: guessCurrency(ownZone()), time_zone: ownZone() },
    validate: { password: (value) => (value.length < 10 ? "At least 10 characters; three odd words are good." : null) },
    validateInputOnBlur: true,
  });
  const join = useAct((values: typeof form.values) => person.signUp(values), { quiet: true, onDone: onEnter });
  const wrong = (field: keyof typeof form.values) => ({ error: form.errors[field] ?? join.failure?.fields[field] });
  return (
    <form onSubmit={form.onSubmit((values) => join.run(values))}>
      <Stack gap="md">
        <Refused failure={join.failure} shown={SHOWN} />
        <TextInput label="Your bar or business" autoComplete="organization" required withAsterisk={false} {...form.getInputProps("business_name")} {...wrong("business_name")} />
        <TextInput label="Your name" autoComplete="name" required withAsterisk={false} {...form.getInputProps("name")} {...wrong("name")} />
        <TextInput label="E-mail" type="email" autoComplete="username" required withAsterisk={false} {...form.getInputProps("email")} {...wrong("email")} />
        <PasswordInput
          label="Password"
          description="At least 10 characters"
          autoComplete="new-password"
          required
          withAsterisk={false}
          {...form.getInputProps("password")}
          {...wrong("password")}
        />
        <SimpleGrid cols={2} spacing="sm">
          <Select label="Currency" data={choices.currencies} searchable allowDeselect={false} {...form.getInputProps("currency")} {...wrong("currency")} />
          <Select label="Time zone" data={choices.zones} searchable allowDeselect={false} {...form.getInputProps("time_zone")} {...wrong("time_zone")} />
        </SimpleGrid>
        <Button type="submit" loading={join.busy} fullWidth>
          Open the bar
        </Button>
      </Stack>
    </form>
  );
}
