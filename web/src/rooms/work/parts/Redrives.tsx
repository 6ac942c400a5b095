// Dead letters on their way: how far each redrive is, and a way to stop it.
import { Button, Progress } from "@mantine/core";
import { IconPlayerStop } from "@tabler/icons-react";
import type { Redrive } from "@/api";
import { formatAge, formatCount } from "@/format";
import { useMay } from "@/rooms/people";
import { Chip, Panel, useNow } from "@/ui/desk";
import { useRedrives, useStopRedrive } from "../redrives";
import classes from "./work.module.css";

/** What ended is shown for a while, so that nobody wonders where it went. */
const SHOWN_AFTER_MS = 10 * 60_000;

export function Redrives({ queue }: { queue?: string }) {
  const redrives = useRedrives();
  const now = useNow(5_000);
  const shown = (redrives.data ?? []).filter((one) => (queue === undefined || one.queue === queue) && (one.ended_ms === null || now - one.ended_ms < SHOWN_AFTER_MS));
  if (shown.length === 0) return null;
  return (
    <Panel title="On their way" flush>
      {shown.map((one) => (
        <Row key={one.id} redrive={one} nowMs={now} />
      ))}
    </Panel>
  );
}

const states: Record<string, { tone: "good" | "busy" | "still"; label: string }> = {
  running: { tone: "busy", label: "Running" },
  done: { tone: "good", label: "Done" },
  stopped: { tone: "still", label: "Stopped" },
};

function Row({ redrive, nowMs }: { redrive: Redrive; nowMs: number }) {
  const may = useMay();
  const stop = useStopRedrive();
  const { id } = redrive;
  const state = states[redrive.state] ?? { tone: "still" as const, label: redrive.state };
  const percent = redrive.state === "done" ? 100 : Math.min(100, (100 * redrive.handled) / Math.max(1, redrive.found));
  const what = redrive.action === "retry" ? "round again" : "thrown away";
  return (
    <div className={classes.redrive} data-testid="redrive">
      <div className={classes.redriveHead}>
        <span>
          <b>{redrive.queue}</b>: {formatCount(redrive.handled)} of {formatCount(redrive.found)}
          {redrive.at_least && "+"} {what}
          <span className={classes.aside}>
            {" "}
            · {formatCount(redrive.per_second)} a second · {formatAge(nowMs - redrive.started_ms)}
          </span>
        </span>
        <span className={classes.buttons}>
          <Chip tone={state.tone}>{state.label}</Chip>
          {redrive.state === "running" && id !== null && may("console:write") && (
            <Button variant="default" leftSection={<IconPlayerStop size={17} />} loading={stop.busy} onClick={() => stop.run(id)}>
              Stop
            </Button>
          )}
        </span>
      </div>
      <Progress value={percent} aria-label={`${redrive.queue}: how far`} color={redrive.action === "retry" ? "hop" : "grenadine"} />
    </div>
  );
}
