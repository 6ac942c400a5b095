// Adds a guest: a name is enough; a tag can be bound at once.
import { Button, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { Refused } from "@/ui/desk";
import { useAddGuest, type GuestValues } from "../queries";

export function GuestForm({ eventId, onClose }: { eventId: string; onClose: () => void }) {
  const [values, setValues] = useState<GuestValues>({ name: "", email: "", phone: "", tag: "" });
  const add = useAddGuest(eventId, onClose);
  const wrong = add.failure?.fields ?? {};
  const set = (field: keyof GuestValues) => ({
    value: values[field],
    onChange: (event: { currentTarget: { value: string } }) => setValues({ ...values, [field]: event.currentTarget.value }),
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        add.run(values);
      }}
    >
      <Stack gap="md">
        <Refused failure={add.failure} shown={["name", "email", "phone", "uid"]} />
        <TextInput label="Name" data-autofocus autoComplete="off" error={wrong["name"]} {...set("name")} />
        <TextInput label="E-mail" description="For the receipt. May be left out." type="email" autoComplete="off" error={wrong["email"]} {...set("email")} />
        <TextInput label="Phone" type="tel" autoComplete="off" error={wrong["phone"]} {...set("phone")} />
        <TextInput label="Tag" description="What the wristband's reader gives, or what is printed on it." autoComplete="off" error={wrong["uid"]} {...set("tag")} />
        <Button type="submit" loading={add.busy} disabled={values.name.trim() === ""}>
          Add to the list
        </Button>
      </Stack>
    </form>
  );
}
