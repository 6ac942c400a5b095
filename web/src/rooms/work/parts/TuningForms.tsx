// The forms of what is changed live: each shows what holds now and what will.
import { Button, Group, NativeSelect, NumberInput, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { QueueLimits, QueuePace } from "@/api";
import { limitsOf, limitsText, useSetLimits, useSetPace, useSetPriority, type Limits, type Scope } from "../tuning";
import classes from "./work.module.css";

interface LimitsFormProps {
  queue: string;
  scope: Scope;
  line: string;
  before: QueueLimits | undefined;
  /** The line is still to be named. */
  fresh?: boolean;
  onClose: () => void;
}

export function LimitsForm({ queue, scope, line, before, fresh = false, onClose }: LimitsFormProps) {
  const set = useSetLimits(queue, onClose);
  const now = limitsOf(before);
  const [to, setTo] = useState<Limits>(now);
  const [named, setNamed] = useState(line);
  const change = (part: Partial<Limits>) => setTo({ ...to, ...part });
  const ready = !fresh || named.trim() !== "";
  return (
    <Form deed="Set it" ready={ready} busy={set.busy} onClose={onClose} before={limitsText(now)} after={limitsText(to)} onSubmit={() => set.run({ scope, line: fresh ? named.trim() : line, to, before })}>
      {fresh && <TextInput label="Line" description="The tenant, or what the tasks say." data-autofocus autoComplete="off" spellCheck={false} value={named} onChange={(event) => setNamed(event.currentTarget.value)} />}
      <Count label="At once" description="Empty: no limit. To let nothing run, pause." value={to.concurrency} onChange={(concurrency) => change({ concurrency })} />
      <Group grow align="flex-start">
        <Count label="Starts" value={to.rate} onChange={(rate) => change({ rate })} />
        <NumberInput label="in seconds" min={0.001} value={to.per_seconds} onChange={(value) => change({ per_seconds: typeof value === "number" && value > 0 ? value : 1 })} />
        <Count label="at one instant" value={to.burst} onChange={(burst) => change({ burst })} />
      </Group>
      {scope !== "queue" && <NumberInput label="Weight" description="Turns, compared with other lines." min={1} max={1_000} allowDecimal={false} value={to.weight} onChange={(value) => change({ weight: typeof value === "number" ? value : 1 })} />}
    </Form>
  );
}

export function PaceForm({ queue, pace, onClose }: { queue: string; pace: QueuePace; onClose: () => void }) {
  const set = useSetPace(queue, pace, onClose);
  const [batch, setBatch] = useState(pace.batch_max);
  const [slots, setSlots] = useState(pace.slots);
  const acts = pace.declared_slots !== null;
  const unknown = pace.declared_slots === null && pace.declared_batch_max === null;
  return (
    <Form
      deed="Set it"
      ready
      busy={set.busy}
      onClose={onClose}
      before={takes(pace.batch_max, pace.slots, pace)}
      after={takes(batch, slots, pace)}
      onSubmit={() => set.run({ batch_max: batch, slots })}
    >
      {(!acts || unknown) && <Count label="Messages in a batch" description={said(pace.declared_batch_max)} value={batch} onChange={setBatch} />}
      {(acts || unknown) && <Count label="Messages side by side" description={said(pace.declared_slots)} value={slots} onChange={setSlots} />}
    </Form>
  );
}

function said(declared: number | null): string {
  return declared === null ? "Empty: what its tasks say." : `Empty: what its tasks say, ${declared}.`;
}

function takes(batch: number | null, slots: number | null, pace: QueuePace): string {
  const parts = [];
  if ((batch ?? pace.declared_batch_max) !== null) parts.push(`${batch ?? pace.declared_batch_max} in a batch`);
  if ((slots ?? pace.declared_slots) !== null) parts.push(`${slots ?? pace.declared_slots} side by side`);
  return parts.join(", ") || "what its tasks say";
}

export function PriorityForm({ queue, tasks, onClose }: { queue: string; tasks: string[]; onClose: () => void }) {
  const set = useSetPriority(queue, onClose);
  const [priority, setPriority] = useState(0);
  const [task, setTask] = useState("");
  const which = task === "" ? "everything that waits" : `what waits of ${task}`;
  return (
    <Form deed="Set it" ready busy={set.busy} onClose={onClose} before={`${which}: its own`} after={`${which}: ${priority}`} onSubmit={() => set.run({ priority, task: task === "" ? null : task })}>
      <NumberInput data-autofocus label="Priority" description="Lower goes first. What comes later has its task's own again." allowDecimal={false} value={priority} onChange={(value) => setPriority(typeof value === "number" ? value : 0)} />
      <NativeSelect label="Of" value={task} data={[{ value: "", label: "every task" }, ...tasks]} onChange={(event) => setTask(event.currentTarget.value)} />
      <Text size="sm" c="dimmed">
        Each message keeps no memory of the priority it had: this is not undone with a press.
      </Text>
    </Form>
  );
}

function Count({ label, description, value, onChange }: { label: string; description?: string; value: number | null; onChange: (value: number | null) => void }) {
  return <NumberInput label={label} description={description} min={1} allowDecimal={false} allowNegative={false} value={value ?? ""} onChange={(next) => onChange(typeof next === "number" ? next : null)} />;
}

interface FormProps {
  deed: string;
  ready: boolean;
  busy: boolean;
  before: string;
  after: string;
  onClose: () => void;
  onSubmit: () => void;
  children: ReactNode;
}

function Form({ deed, ready, busy, before, after, onClose, onSubmit, children }: FormProps) {
  return (
    <form
      className={classes.stack}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onSubmit();
      }}
    >
      {children}
      <div className={classes.change} data-testid="change">
        <span>Now</span> {before}
        {before !== after && (
          <>
            <br />
            <span>Then</span> <b>{after}</b>
          </>
        )}
      </div>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button type="submit" disabled={!ready || before === after} loading={busy}>
          {deed}
        </Button>
      </Group>
    </form>
  );
}
