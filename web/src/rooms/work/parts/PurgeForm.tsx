// Takes everything that waits out of a queue: says how much, and wants the name typed. Workers do it.
import { Alert, Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { QueueFigures } from "@/api";
import { overPage } from "@/ui/desk";
import { usePurge } from "../errands";
import { formatDepth, sentences } from "../words";

export function PurgeForm({ queue, onClose }: { queue: QueueFigures; onClose: () => void }) {
  const words = sentences.purge(queue.queue);
  const [typed, setTyped] = useState("");
  const waits = queue.ready + queue.waiting + queue.scheduled;
  const purge = usePurge(queue.queue, onClose);
  const ready = typed === queue.queue && !purge.busy;
  return (
    <Modal {...overPage} opened onClose={onClose} size="md" title={<b>{words.title}</b>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) purge.run();
        }}
      >
        <Text fw={650} data-testid="purge-count">
          {formatDepth(waits, queue.at_least)} {waits === 1 ? "message" : "messages"}
        </Text>
        <Text c="dimmed" size="sm">
          {words.detail}
        </Text>
        {purge.failure && (
          <Alert color="grenadine" variant="light" mt="md" title={purge.failure.title} role="alert">
            {purge.failure.detail}
          </Alert>
        )}
        <TextInput mt="lg" data-autofocus label={`Type ${queue.queue} to confirm`} autoComplete="off" autoCapitalize="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
        <Group justify="flex-end" mt="xl">
          <Button variant="default" disabled={purge.busy} onClick={onClose}>
            Keep them
          </Button>
          <Button type="submit" color="grenadine" disabled={!ready} loading={purge.busy}>
            {words.deed}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
