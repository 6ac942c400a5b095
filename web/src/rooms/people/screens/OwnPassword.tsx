// Whoever came in with a temporary password chooses their own first.
import { Button, PasswordInput, Stack } from "@mantine/core";
import { useState } from "react";
import { unwrap, useApi } from "@/api";
import type { Person } from "@/api/person";
import { Refused, useAct } from "@/ui/desk";
import { sentences } from "../words";
import { DoorFrame } from "./Door";

export function OwnPassword({ person }: { person: Person }) {
  return (
    <DoorFrame title="Choose a password" about={sentences.ownPassword}>
      <PasswordForm onChanged={() => void freshen(person)} />
      <Button variant="subtle" fullWidth mt="sm" onClick={() => void person.signOut()}>
        Sign out
      </Button>
    </DoorFrame>
  );
}

export function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const api = useApi();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useAct(() => unwrap(api.POST("/v1/me/password", { body: { current_password: current, new_password: next } })), {
    quiet: true,
    done: () => "Your password is changed. Other devices have been signed out.",
    onDone: onChanged,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.run();
      }}
    >
      <Stack gap="md">
        <Refused failure={change.failure} />
        <PasswordInput label="Password until now" autoComplete="current-password" required withAsterisk={false} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
        <PasswordInput
          label="New password"
          description="At least 10 characters; three odd words are good."
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Button type="submit" loading={change.busy} fullWidth>
          Change it
        </Button>
      </Stack>
    </form>
  );
}

/** Asks for a new token, which no longer says that the password is somebody else's. */
async function freshen(person: Person): Promise<void> {
  await person.renew(await person.token());
}
