// Takes everything that waits out of a queue: says how much, wants the name typed, and shows how far it is.
import { Alert, Button, Group, Modal, Progress, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { QueueFigures } from "@/api";
import { formatCount, plural } from "@/format";
import { overPage } from "@/ui/desk";
import { usePurge } from "../tuning";
import { formatDepth, sentences } from "../words";

export function PurgeForm({ queue, onClose }: { queue: QueueFigures; onClose: () => void }) {
  const words = sentences.purge(queue.queue);
  const [typed, setTyped] = useState("");
  // As it was when it was asked: it shrinks while it goes.
  const [waits] = useState(queue.ready + queue.waiting + queue.scheduled);
  const purge = usePurge(queue.queue, onClose);
  const ready = typed === queue.queue && !purge.busy;
  return (
    <Modal {...overPage} opened onClose={purge.busy ? () => undefined : onClose} size="md" title={<b>{words.title}</b>}>
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
            {purge.failure.detail} {plural(purge.gone, "message")} went before that.
          </Alert>
        )}
        {purge.busy ? (
          <>
            <Text mt="lg" size="sm" aria-live="polite">
              {formatCount(purge.gone)} gone. Stay on this page until it is done: what was not reached stays.
            </Text>
            <Progress mt="xs" color="grenadine" animated value={queue.at_least ? 100 : (100 * purge.gone) / Math.max(1, waits)} aria-label="How far" />
          </>
        ) : (
          <TextInput mt="lg" data-autofocus label={`Type ${queue.queue} to confirm`} autoComplete="off" autoCapitalize="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
        )}
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
