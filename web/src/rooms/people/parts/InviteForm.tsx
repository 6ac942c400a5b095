// Invites somebody: name, e-mail, role; then shows the one-time password to hand over.
import { Button, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { InvitedPerson } from "@/api";
import { CopyField, Refused } from "@/ui/desk";
import { useInvite } from "../queries";
import { roles, type RoleName } from "../words";

export function InviteForm({ onClose }: { onClose: () => void }) {
  const [invited, setInvited] = useState<InvitedPerson | null>(null);
  const [form, setForm] = useState({ name: "", email: "", role: "staff" as RoleName });
  const invite = useInvite(setInvited);
  if (invited) return <HandOver invited={invited} onClose={onClose} />;
  const fields = invite.failure?.fields ?? {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        invite.run(form);
      }}
    >
      <Stack gap="md">
        <Refused failure={invite.failure} shown={["name", "email", "role"]} />
        <TextInput label="Name" required withAsterisk={false} data-autofocus value={form.name} error={fields["name"]} onChange={(event) => setForm({ ...form, name: event.currentTarget.value })} />
        <TextInput
          label="E-mail"
          type="email"
          required
          withAsterisk={false}
          value={form.email}
          error={fields["email"]}
          onChange={(event) => setForm({ ...form, email: event.currentTarget.value })}
        />
        <Radio.Group label="Role" value={form.role} onChange={(role) => setForm({ ...form, role })}>
          <Stack gap={0} mt={4}>
            {roles.map((role) => (
              <Radio key={role.value} value={role.value} label={role.label} description={role.about} py={7} />
            ))}
          </Stack>
        </Radio.Group>
        <Button type="submit" loading={invite.busy}>
          Invite
        </Button>
      </Stack>
    </form>
  );
}

function HandOver({ invited, onClose }: { invited: InvitedPerson; onClose: () => void }) {
  return (
    <Stack gap="md">
      <Text>
        {invited.person.name} can sign in at <b>{location.host}/office</b> with {invited.person.email} and this password. It is shown only now; the first thing it asks for is a new one.
      </Text>
      <CopyField label="One-time password" value={invited.temporary_password} />
      <Button onClick={onClose}>Done</Button>
    </Stack>
  );
}
