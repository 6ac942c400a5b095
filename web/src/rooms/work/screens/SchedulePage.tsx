// One schedule: when it fires next by its own clock, what became of its last ticks; run it now, pause it.
import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconRun } from "@tabler/icons-react";
import type { ScheduleDetail } from "@/api";
import { formatTime, plural } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, Chip, Code, Go, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { Changes } from "../parts/History";
import classes from "../parts/work.module.css";
import { useSchedule, useScheduleDeeds } from "../schedules";
import { formatInZone, formatSeconds, places, scheduleState, sentences, tickState } from "../words";

type Tick = ScheduleDetail["ticks"][number];

const missed: Record<string, string> = { skip: "left out", once: "made up once", all: "all made up" };

function columnsIn(zone: string): Column<Tick>[] {
  return [
    { label: "Tick", role: "title", cell: (tick) => formatInZone(tick.due_ms, zone) },
    { label: "Became", role: "figure", cell: (tick) => <Chip tone={tickState(tick.outcome).tone}>{tickState(tick.outcome).label}</Chip> },
    { label: "Late by", role: "meta", cell: (tick) => <span>{formatSeconds(tick.late_ms * 1_000)} late</span> },
    { label: "Fired by", role: "meta", cell: (tick) => (tick.asked_by === null ? tick.worker : <span>by hand: {tick.asked_by}</span>) },
    { label: "Left out before", role: "meta", cell: (tick) => (tick.skipped > 0 ? <span>{plural(tick.skipped, "tick")} left out</span> : "") },
    { label: "Message", role: "meta", cell: (tick) => (tick.message === null ? "" : <Code>{tick.message}</Code>) },
  ];
}

export function SchedulePage({ name }: { name: string }) {
  const schedule = useSchedule(name);
  const may = useMay();
  return (
    <>
      <PageHead title={name} back={{ to: places.schedules, label: "Schedules" }} about={schedule.data ? `${schedule.data.schedule.cron} in ${schedule.data.schedule.zone}` : "\u00a0"}>
        {schedule.data && may("console:write") && <Deeds found={schedule.data} />}
      </PageHead>
      <Loaded query={schedule} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => (
          <div className={classes.stack}>
            <div className={classes.columns}>
              <Panel title="Fires next">
                <Upcoming found={data} />
              </Panel>
              <Panel title="About it">
                <About found={data} />
              </Panel>
            </div>
            <Panel title="Its last ticks" flush={data.ticks.length > 0}>
              {data.ticks.length > 0 ? (
                <Rows label="Its last ticks" columns={columnsIn(data.schedule.zone)} rows={data.ticks} id={(tick) => String(tick.due_ms)} />
              ) : (
                <p className={classes.errorFacts}>{sentences.noTicks}</p>
              )}
            </Panel>
            <Changes changes={data.changes} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Upcoming({ found: { schedule, upcoming } }: { found: ScheduleDetail }) {
  if (schedule.paused) return <p className={classes.errorFacts}>Not before somebody resumes it.</p>;
  return (
    <ol className={classes.upcoming}>
      {upcoming.map((at) => (
        <li key={at} title={`${formatTime(at, "moment")} here`}>
          {formatInZone(at, schedule.zone)}
        </li>
      ))}
    </ol>
  );
}

function About({ found: { schedule } }: { found: ScheduleDetail }) {
  const state = scheduleState(schedule);
  return (
    <dl className={classes.facts}>
      <dt>State</dt>
      <dd>
        <Chip tone={state.tone}>{state.label}</Chip>
      </dd>
      <dt>Enqueues</dt>
      <dd>{schedule.task}</dd>
      <dt>Queue</dt>
      <dd>
        <Go to={places.queue(schedule.queue)}>{schedule.queue}</Go>
      </dd>
      <dt>Missed ticks</dt>
      <dd>{missed[schedule.missed] ?? schedule.missed}</dd>
    </dl>
  );
}

function Deeds({ found: { schedule } }: { found: ScheduleDetail }) {
  const { run, pause } = useScheduleDeeds(schedule.name);
  return (
    <>
      <Button variant="default" leftSection={schedule.paused ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />} loading={pause.busy} onClick={() => pause.run(!schedule.paused)}>
        {schedule.paused ? "Resume" : "Pause"}
      </Button>
      <Button leftSection={<IconRun size={18} />} loading={run.busy} disabled={schedule.asked_ms !== null} onClick={() => ask({ ...sentences.runSchedule, onYes: () => run.run() })}>
        Run now
      </Button>
    </>
  );
}
