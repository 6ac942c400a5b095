// Long work that operators asked for: how far each is, and a way to stop it. Closing the page stops nothing.
import { Button, Progress } from "@mantine/core";
import { IconPlayerStop } from "@tabler/icons-react";
import type { Errand } from "@/api";
import { formatAge, formatCount } from "@/format";
import { useMay } from "@/rooms/people";
import { Chip, Panel, useNow, type Tone } from "@/ui/desk";
import { errandWords, useErrands, useStopErrand } from "../errands";
import classes from "./work.module.css";

/** What ended is shown for a while, so that nobody wonders where it went. */
const SHOWN_AFTER_MS = 10 * 60_000;

/** Those of a page that are under way or ended a little while ago; nothing when there are none. */
export function Errands({ of }: { of?: (errand: Errand) => boolean }) {
  const errands = useErrands();
  const now = useNow(5_000);
  const shown = (errands.data ?? []).filter((one) => (of === undefined || of(one)) && (one.ended_ms === null || now - one.ended_ms < SHOWN_AFTER_MS));
  if (shown.length === 0) return null;
  return (
    <Panel title="Under way" flush>
      <ErrandRows errands={shown} />
    </Panel>
  );
}

const states: Record<string, { tone: Tone; label: string }> = {
  running: { tone: "busy", label: "Running" },
  done: { tone: "good", label: "Done" },
  stopped: { tone: "still", label: "Stopped" },
  failed: { tone: "bad", label: "Failed" },
};

export function ErrandRows({ errands }: { errands: Errand[] }) {
  const now = useNow(5_000);
  return errands.map((one) => <Row key={one.id} errand={one} nowMs={now} />);
}

function Row({ errand, nowMs }: { errand: Errand; nowMs: number }) {
  const may = useMay();
  const stop = useStopErrand();
  const words = errandWords(errand);
  const state = states[errand.state] ?? { tone: "still" as const, label: errand.state };
  const far = errand.handled + errand.left_alone;
  // More than was counted: nobody knows how far it is.
  const percent = Math.min(errand.at_least ? 95 : 100, (100 * far) / Math.max(1, errand.found));
  return (
    <div className={classes.errand} data-testid="errand">
      <div className={classes.errandHead}>
        <span className={classes.errandWhat}>
          {words.deed} <b>{words.what}</b>
        </span>
        <span className={classes.errandState}>
          <Chip tone={state.tone}>{state.label}</Chip>
          {errand.state === "running" && may("console:write") && (
            <Button variant="default" leftSection={<IconPlayerStop size={17} />} loading={stop.busy} aria-label={`Stop: ${words.deed} ${words.what}`} onClick={() => stop.run(errand.id)}>
              Stop
            </Button>
          )}
        </span>
      </div>
      {errand.state === "running" && <Progress value={percent} aria-label={`${words.deed} ${words.what}: how far`} color={words.destroys ? "grenadine" : "hop"} />}
      <div className={classes.aside}>
        {formatCount(errand.handled)} of {formatCount(errand.found)}
        {errand.at_least && "+"} {words.done}
        {errand.left_alone > 0 && ` · ${formatCount(errand.left_alone)} left alone`}
        {errand.per_second !== null && ` · ${formatCount(errand.per_second)} a second`} · {whenText(errand, nowMs)} · by {errand.who}
      </div>
      {errand.error !== null && <div className={classes.errorText}>{errand.error}</div>}
    </div>
  );
}

function whenText({ started_ms, ended_ms }: Errand, nowMs: number): string {
  const age = formatAge(Math.max(0, nowMs - (ended_ms ?? started_ms)));
  if (ended_ms === null) return age === "now" ? "begun just now" : `begun ${age} ago`;
  return age === "now" ? "ended just now" : `ended ${age} ago`;
}
