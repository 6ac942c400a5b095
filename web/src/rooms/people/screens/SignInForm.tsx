// E-mail and password.
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Person } from "@/api/person";
import { Refused, useAct } from "@/ui/desk";

export function SignInForm({ person, onEnter }: { person: Person; onEnter: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const enter = useAct(
    async () => {
      await person.signIn(email, password);
    },
    { quiet: true, onDone: onEnter },
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        enter.run();
      }}
    >
      <Stack gap="md">
        <Refused failure={enter.failure} />
        <TextInput label="E-mail" type="email" name="email" autoComplete="username" required withAsterisk={false} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={enter.busy} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
