// What can be changed of a queue while everything runs: its limits and rates, what a worker takes at once, the priority of
// what waits; and its purge. Who only looks sees what is in force.
import { Button, Modal } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { QueueFigures, QueueLimits, QueuePace } from "@/api";
import { useMay } from "@/rooms/people";
import { Chip, overPage, Panel } from "@/ui/desk";
import { limitsOf, limitsText, scopeText, useLimits, usePace, useSetLimits, useSetPace, type Scope } from "../tuning";
import { LimitsForm, PaceForm, PriorityForm } from "./TuningForms";
import { PurgeForm } from "./PurgeForm";
import classes from "./work.module.css";

type Asked = { what: "limits"; scope: Scope; line: string; before: QueueLimits | undefined; fresh?: boolean } | { what: "pace" } | { what: "priority" } | null;

export function Tuning({ queue, tasks }: { queue: string; tasks: string[] }) {
  const limits = useLimits(queue);
  const pace = usePace(queue);
  const may = useMay()("console:write");
  const [asked, setAsked] = useState<Asked>(null);
  const close = () => setAsked(null);
  const rows = withWhole(limits.data ?? []);
  return (
    <Panel
      title="Limits, changed live"
      flush
      aside={
        may && (
          <Button variant="subtle" onClick={() => setAsked({ what: "limits", scope: "line", line: "", before: undefined, fresh: true })}>
            Limit a line
          </Button>
        )
      }
    >
      {rows.map(({ scope, line, shown }) => (
        <Setting key={scope + line} name={scopeText(scope, line)} value={limits.data ? limitsText(limitsOf(shown)) : "…"} byHand={shown?.by_operator === true}>
          {may && limits.data && (
            <>
              {shown?.by_operator === true && <ResetLimits queue={queue} scope={scope} line={line} before={shown} />}
              <Button variant="light" aria-label={`Change: ${scopeText(scope, line)}`} onClick={() => setAsked({ what: "limits", scope, line, before: shown })}>
                Change
              </Button>
            </>
          )}
        </Setting>
      ))}
      <Setting name="A worker takes at once" value={pace.data ? paceText(pace.data) : "…"} byHand={pace.data !== undefined && (pace.data.batch_max ?? pace.data.slots) !== null}>
        {may && pace.data && (
          <>
            <ResetPace queue={queue} pace={pace.data} />
            <Button variant="light" aria-label="Change: a worker takes at once" onClick={() => setAsked({ what: "pace" })}>
              Change
            </Button>
          </>
        )}
      </Setting>
      {may && (
        <Setting name="Priority of what waits" value="lower goes first; keys keep their order" byHand={false}>
          <Button variant="light" aria-label="Change: priority of what waits" onClick={() => setAsked({ what: "priority" })}>
            Change
          </Button>
        </Setting>
      )}
      <Modal {...overPage} opened={asked !== null} onClose={close} size="md" title={<b>{asked === null ? "" : titleOf(asked)}</b>}>
        {asked?.what === "limits" && <LimitsForm queue={queue} {...asked} onClose={close} />}
        {asked?.what === "pace" && pace.data && <PaceForm queue={queue} pace={pace.data} onClose={close} />}
        {asked?.what === "priority" && <PriorityForm queue={queue} tasks={tasks} onClose={close} />}
      </Modal>
    </Panel>
  );
}

/** The whole queue and each line are always there, also without limits. */
function withWhole(limits: QueueLimits[]): { scope: Scope; line: string; shown: QueueLimits | undefined }[] {
  const of = (scope: Scope) => ({ scope, line: "", shown: limits.find((one) => one.scope === scope) });
  return [of("queue"), of("each"), ...limits.filter((one) => one.scope === "line").map((shown) => ({ scope: "line" as const, line: shown.line, shown }))];
}

function titleOf(asked: NonNullable<Asked>): string {
  if (asked.what === "limits") return asked.fresh === true ? "Limit a line" : `Limits: ${scopeText(asked.scope, asked.line).toLowerCase()}`;
  return asked.what === "pace" ? "What a worker takes at once" : "Priority of what waits";
}

function Setting({ name, value, byHand, children }: { name: string; value: string; byHand: boolean; children: ReactNode }) {
  return (
    <div className={classes.setting} role="group" aria-label={name}>
      <div>
        <div className={classes.settingName}>{name}</div>
        <div className={classes.settingValue}>
          {value} {byHand && <Chip tone="note">by an operator</Chip>}
        </div>
      </div>
      <div className={classes.buttons}>{children}</div>
    </div>
  );
}

function ResetLimits({ queue, scope, line, before }: { queue: string; scope: Scope; line: string; before: QueueLimits }) {
  const set = useSetLimits(queue);
  return (
    <Button variant="subtle" aria-label={`As declared: ${scopeText(scope, line)}`} loading={set.busy} onClick={() => set.run({ scope, line, to: null, before })}>
      As declared
    </Button>
  );
}

function ResetPace({ queue, pace }: { queue: string; pace: QueuePace }) {
  const set = useSetPace(queue, pace);
  if (pace.batch_max === null && pace.slots === null) return null;
  return (
    <Button variant="subtle" aria-label="As declared: a worker takes at once" loading={set.busy} onClick={() => set.run({ batch_max: null, slots: null })}>
      As declared
    </Button>
  );
}

/** "20 side by side (the tasks say 5)" */
function paceText(pace: QueuePace): string {
  const [set, declared, words] = pace.declared_slots === null && pace.slots === null ? [pace.batch_max, pace.declared_batch_max, "in a batch"] : [pace.slots, pace.declared_slots, "side by side"];
  if (set === null) return declared === null ? "what its tasks say" : `${declared} ${words}`;
  return `${set} ${words}${declared === null ? "" : ` (the tasks say ${declared})`}`;
}

export function Purge({ queue }: { queue: QueueFigures }) {
  const [asked, setAsked] = useState(false);
  if (queue.ready + queue.waiting + queue.scheduled === 0 && !asked) return null;
  return (
    <>
      <Button variant="subtle" color="grenadine" onClick={() => setAsked(true)}>
        Purge
      </Button>
      {asked && <PurgeForm queue={queue} onClose={() => setAsked(false)} />}
    </>
  );
}
