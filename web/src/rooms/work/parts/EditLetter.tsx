// Mends a dead letter: write, look at what changes (the server checks it against the task's type), save, send it round.
import { Alert, Button, Group, Modal, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type { DeadLetterDetail } from "@/api";
import { overPage, said } from "@/ui/desk";
import { pretty } from "../diff";
import { useEditLetter } from "../redrives";
import { Diff } from "./Diff";
import classes from "./work.module.css";

interface EditLetterProps {
  letter: DeadLetterDetail;
  opened: boolean;
  onClose: () => void;
  /** Sends it round again once it is saved. */
  onRetry: () => void;
}

export function EditLetter({ letter, opened, onClose, onRetry }: EditLetterProps) {
  return (
    <Modal {...overPage} opened={opened} onClose={onClose} size="xl" title={<b>Edit the payload of {letter.task}</b>}>
      <Form letter={letter} onClose={onClose} onRetry={onRetry} />
    </Modal>
  );
}

function Form({ letter, onClose, onRetry }: Omit<EditLetterProps, "opened">) {
  const [text, setText] = useState(() => pretty(letter.payload));
  const [looked, setLooked] = useState<{ before: unknown; after: unknown; changed: boolean } | null>(null);
  const edit = useEditLetter(letter.id);
  const read = parsed(text);
  const look = () => {
    if (read.ok) edit.run({ payload: read.value, dryRun: true }, { onSuccess: setLooked });
  };
  const save = (then: () => void) => {
    if (read.ok) edit.run({ payload: read.value, dryRun: false }, { onSuccess: then });
  };
  const saved = () => {
    said({ text: "Saved. It waits until somebody sends it round again." });
    onClose();
  };
  return (
    <>
      {looked === null ? (
        <Textarea
          data-autofocus
          className={classes.mono}
          label="Payload, JSON"
          autosize
          minRows={8}
          maxRows={22}
          spellCheck={false}
          value={text}
          error={read.ok ? undefined : read.problem}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      ) : (
        <>
          <Text mb="xs">{looked.changed ? "This is what changes. It fits what the task expects." : "Nothing changes: it is what it was."}</Text>
          <Diff before={looked.before} after={looked.after} />
        </>
      )}
      {edit.failure && (
        <Alert mt="sm" color="grenadine" variant="light" title={edit.failure.title} role="alert">
          {edit.failure.detail}
        </Alert>
      )}
      <Group justify="flex-end" mt="lg">
        {looked === null ? (
          <>
            <Button variant="default" onClick={onClose}>
              Keep it
            </Button>
            <Button disabled={!read.ok} loading={edit.busy} onClick={look}>
              Look at the change
            </Button>
          </>
        ) : (
          <>
            <Button variant="default" onClick={() => setLooked(null)}>
              Back
            </Button>
            <Button variant="default" disabled={!looked.changed} loading={edit.busy} onClick={() => save(saved)}>
              Save
            </Button>
            <Button disabled={!looked.changed} loading={edit.busy} onClick={() => save(onRetry)}>
              Save and retry
            </Button>
          </>
        )}
      </Group>
    </>
  );
}

type Parsed = { ok: true; value: unknown } | { ok: false; problem: string };

function parsed(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, problem: `Not JSON: ${error instanceof Error ? error.message : ""}` };
  }
}
