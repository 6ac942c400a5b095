// What fires by the clock: when it did, when it will.
import { IconClock } from "@tabler/icons-react";
import type { Schedule } from "@/api";
import { formatAge, formatTime } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Code, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { useSchedules } from "../schedules";
import { places, scheduleState, sentences } from "../words";

function columnsAt(nowMs: number): Column<Schedule>[] {
  return [
    { label: "Schedule", role: "title", cell: (schedule) => schedule.name },
    { label: "Next", role: "figure", cell: (schedule) => (schedule.late || schedule.paused || schedule.asked_ms !== null ? <Chip tone={scheduleState(schedule).tone}>{scheduleState(schedule).label}</Chip> : `in ${formatAge(Math.max(5_000, schedule.next_ms - nowMs))}`) },
    { label: "When", role: "meta", cell: (schedule) => <Code>{schedule.cron}</Code> },
    { label: "Zone", role: "meta", cell: (schedule) => schedule.zone },
    { label: "Last", role: "meta", cell: (schedule) => <span>{schedule.last_ms === null ? "not fired yet" : `fired ${formatTime(schedule.last_ms, "moment")}`}</span> },
    { label: "Missed ones", role: "meta", cell: (schedule) => `missed: ${schedule.missed.replaceAll("_", " ")}` },
  ];
}

export function SchedulesPage() {
  const schedules = useSchedules();
  const table = (rows: Schedule[] | undefined, nowMs: number) => (
    <Panel flush>
      <Rows label="Schedules" columns={columnsAt(nowMs)} rows={rows} id={(schedule) => schedule.name} to={(schedule) => places.schedule(schedule.name)} expect={3} />
    </Panel>
  );
  return (
    <>
      <PageHead title="Schedules" />
      <Loaded query={schedules} ghost={table(undefined, 0)}>
        {({ items, as_of_ms }) => (items.length > 0 ? table(items, as_of_ms) : <EmptyState {...sentences.noSchedules} icon={<IconClock size={32} stroke={1.6} />} />)}
      </Loaded>
    </>
  );
}
