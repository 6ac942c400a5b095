// Asks before something that cannot be taken back.
import { Button, Group, Text, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useState } from "react";

/** How everything that opens over a page looks and is closed. */
export const overPage = { closeButtonProps: { "aria-label": "Close", size: 44 }, radius: "lg" } as const;

interface Question {
  title: string;
  detail: string;
  /** What the button says: the deed, not "OK". */
  deed: string;
  onYes: () => void;
}

export function ask({ title, detail, deed, onYes }: Question): void {
  modals.openConfirmModal({
    title: <span style={{ fontWeight: 700 }}>{title}</span>,
    centered: true,
    children: <Text>{detail}</Text>,
    labels: { confirm: deed, cancel: "Keep it" },
    confirmProps: { color: "grenadine" },
    onConfirm: onYes,
  });
}

/** Like `ask`, for what hurts most: the deed waits until `word` (the name of what it is done to) has been typed. */
export function askTyped({ word, ...question }: Question & { word: string }): void {
  const id = modals.open({
    title: <span style={{ fontWeight: 700 }}>{question.title}</span>,
    centered: true,
    children: <Typed {...question} word={word} onClose={() => modals.close(id)} />,
  });
}

function Typed({ word, detail, deed, onYes, onClose }: Question & { word: string; onClose: () => void }) {
  const [text, setText] = useState("");
  const yes = () => {
    onClose();
    onYes();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (text === word) yes();
      }}
    >
      <Text mb="md">{detail}</Text>
      <TextInput data-autofocus label={`Type ${word} to confirm`} autoComplete="off" autoCapitalize="off" spellCheck={false} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button type="submit" color="grenadine" disabled={text !== word}>
          {deed}
        </Button>
      </Group>
    </form>
  );
}
