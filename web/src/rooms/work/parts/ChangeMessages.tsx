// All that a search finds, changed by workers: counted first, many only after a word was typed.
import { Button, Group, Modal, Select, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { plural } from "@/format";
import { overPage } from "@/ui/desk";
import { useChangeMessages, type MessagesAction } from "../errands";
import { useMessageCount } from "../messages";
import { sentences, snoozes } from "../words";

/** Above this many the word has to be typed. */
const MANY = 20;

interface ChangeMessagesProps {
  q: string;
  action: MessagesAction;
  onClose: () => void;
}

export function ChangeMessages(props: ChangeMessagesProps) {
  return (
    <Modal {...overPage} opened onClose={props.onClose} size="md" title={<b>{sentences.changeAll[props.action].title}</b>}>
      <Form {...props} />
    </Modal>
  );
}

function Form({ q, action, onClose }: ChangeMessagesProps) {
  const words = sentences.changeAll[action];
  const count = useMessageCount(q);
  const change = useChangeMessages(q, onClose);
  const [ms, setMs] = useState(String(snoozes[1]?.ms));
  const [typed, setTyped] = useState("");
  const found = count.data?.found ?? 0;
  const many = found > MANY || count.data?.at_least === true;
  const ready = found > 0 && (!many || typed === words.word);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) change.run({ action, ms: Number(ms) });
      }}
    >
      <Text fw={650} data-testid="change-count">
        {count.data ? `${plural(found, "message")}${count.data.at_least ? " or more" : ""} found` : "Counting …"}
      </Text>
      <Text c="dimmed" size="sm" style={{ overflowWrap: "anywhere" }}>
        {q}
      </Text>
      <Text mt="sm" size="sm">
        {words.about}
      </Text>
      {action === "snooze" && (
        <Select mt="md" label="For" allowDeselect={false} comboboxProps={{ withinPortal: true }} data={snoozes.map((one) => ({ value: String(one.ms), label: one.label }))} value={ms} onChange={(next) => setMs(next ?? ms)} />
      )}
      {many && !change.busy && (
        <TextInput mt="md" label={`Type ${words.word} to confirm`} autoComplete="off" autoCapitalize="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
      )}
      <Group justify="flex-end" mt="xl">
        <Button variant="default" onClick={onClose}>
          Keep them
        </Button>
        <Button type="submit" {...(action === "cancel" ? { color: "grenadine" } : {})} disabled={!ready} loading={change.busy}>
          {words.deed}
        </Button>
      </Group>
    </form>
  );
}
