// Sends many dead letters round again, or throws them away: how many there are, how fast, and go.
import { Button, Group, Modal, Slider, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { formatCount, plural } from "@/format";
import { overPage } from "@/ui/desk";
import { useCount, useStartRedrive, type RedriveAction, type Which } from "../redrives";
import { sentences } from "../words";
import classes from "./work.module.css";

interface RedriveFormProps {
  which: Which;
  action: RedriveAction;
  onClose: () => void;
}

/** Steps of the slider: a person wants "slowly", "ten a second" or "now", not 37. */
const RATES = [1, 5, 10, 50, 100, 500, 1_000];

export function RedriveForm({ which, action, onClose }: RedriveFormProps) {
  return (
    <Modal {...overPage} opened onClose={onClose} size="md" title={<b>{sentences.redrive[action].title}</b>}>
      <Form which={which} action={action} onClose={onClose} />
    </Modal>
  );
}

function Form({ which, action, onClose }: RedriveFormProps) {
  const words = sentences.redrive[action];
  const count = useCount(which);
  const start = useStartRedrive(onClose);
  const [step, setStep] = useState(2);
  const [typed, setTyped] = useState("");
  const perSecond = RATES[step] ?? 10;
  const found = count.data?.found ?? 0;
  const ready = count.data !== undefined && found > 0 && (action === "retry" || typed === which.queue);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) start.run({ which, action, perSecond });
      }}
    >
      <Text fw={650} data-testid="redrive-count">
        {count.data ? `${plural(found, "message")}${count.data.at_least ? " or more" : ""} of ${which.queue}` : "Counting …"}
      </Text>
      <Text c="dimmed" size="sm">
        {which.fingerprint === undefined ? "Everything that is dead there now." : "Only those that died of this error."} {words.about}
      </Text>
      <Text mt="lg" size="sm" fw={600} id="redrive-rate">
        {formatCount(perSecond)} a second{found > 0 ? `: ${lasting(found / perSecond)}` : ""}
      </Text>
      <Slider
        className={classes.slider}
        thumbProps={{ "aria-labelledby": "redrive-rate" }}
        min={0}
        max={RATES.length - 1}
        value={step}
        onChange={setStep}
        label={null}
        marks={RATES.map((rate, index) => ({ value: index, label: formatCount(rate) }))}
      />
      {action === "discard" && <TextInput mt="lg" label={`Type ${which.queue} to confirm`} autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />}
      <Group justify="flex-end" mt="xl">
        <Button variant="default" onClick={onClose}>
          Keep them
        </Button>
        <Button type="submit" {...(action === "discard" ? { color: "grenadine" } : {})} disabled={!ready} loading={start.busy}>
          {words.deed}
        </Button>
      </Group>
    </form>
  );
}

/** "about 4 min" */
function lasting(seconds: number): string {
  if (seconds < 2) return "at once";
  if (seconds < 120) return `about ${Math.round(seconds)} s`;
  return seconds < 7_200 ? `about ${Math.round(seconds / 60)} min` : `about ${Math.round(seconds / 3_600)} h`;
}
