// One queue: its depth by state, its last hour, its tasks, why its messages gave up; pause it, resume it, retry what died.
import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import type { QueueDetail, QueueFigures, QueueTiming } from "@/api";
import { formatCount } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, Figures, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { EngineMinutes } from "../parts/EngineMinutes";
import { ErrorGroups } from "../parts/ErrorGroups";
import { LetterTable } from "../parts/LetterTable";
import { errandQueue } from "../errands";
import { Errands } from "../parts/Errands";
import { Timing } from "../parts/Timing";
import { Purge, Tuning } from "../parts/Tuning";
import classes from "../parts/work.module.css";
import { usePauseAny, useQueue } from "../queries";
import { formatDepth, formatPerSecond, places, queueState, sentences, waited } from "../words";

export function QueuePage({ name }: { name: string }) {
  const queue = useQueue(name);
  const may = useMay();
  return (
    <>
      <PageHead title={name} back={{ to: places.queues, label: "Queues" }} about={queue.data ? aboutQueue(queue.data) : "\u00a0"}>
        {queue.data && may("console:write") && (
          <>
            {may("console:admin") && <Purge queue={queue.data} />}
            <Pause queue={queue.data} />
          </>
        )}
      </PageHead>
      <Loaded query={queue} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => (
          <div className={classes.stack}>
            <Figures
              figures={[
                { label: "Ready", value: formatDepth(data.ready, data.at_least), testId: "ready" },
                { label: "Behind a key", value: formatDepth(data.waiting, data.at_least) },
                { label: "Later", value: formatDepth(data.scheduled, data.at_least) },
                { label: "In work", value: formatCount(data.leased) },
                { label: "Per second", value: formatPerSecond(data.rate_per_second) },
                { label: "Oldest waits", value: waited(data.oldest_ms, data.as_of_ms) },
                { label: "Dead letters", value: formatDepth(data.dead, data.at_least), testId: "dead", tone: data.dead > 0 ? "warn" : undefined },
              ]}
            />
            <Errands of={(one) => errandQueue(one) === name} />
            <Panel title="Why messages gave up" flush>
              <ErrorGroups groups={data.errors} />
            </Panel>
            <EngineMinutes minutes={data.minutes} queue={name} label={`How ${name} flows`} />
            <Timing timing={data.timing as QueueTiming} queue={name} />
            <Tuning queue={name} tasks={data.tasks.map((task) => task.task)} />
            <Tasks tasks={data.tasks} />
            {data.dead > 0 && <LetterTable queue={name} />}
          </div>
        )}
      </Loaded>
    </>
  );
}

function aboutQueue(queue: QueueFigures): string {
  const state = queueState(queue).label;
  return queue.workers === 1 ? `${state} · 1 worker` : `${state} · ${formatCount(queue.workers)} workers`;
}

function Pause({ queue }: { queue: QueueFigures }) {
  const pause = usePauseAny();
  if (queue.paused) {
    return (
      <Button leftSection={<IconPlayerPlay size={18} />} loading={pause.busy} onClick={() => pause.run({ queue: queue.queue, paused: false })}>
        Resume
      </Button>
    );
  }
  return (
    <Button variant="default" leftSection={<IconPlayerPause size={18} />} loading={pause.busy} onClick={() => ask({ ...sentences.pause(queue.queue), onYes: () => pause.run({ queue: queue.queue, paused: true }) })}>
      Pause
    </Button>
  );
}

type Task = QueueDetail["tasks"][number];

const columns: Column<Task>[] = [
  { label: "Task, last hour", role: "title", cell: (task) => task.task },
  { label: "Done", role: "figure", cell: (task) => `${formatCount(task.done)} done` },
  { label: "Failed", role: "meta", cell: (task) => `${formatCount(task.failed)} failed` },
  { label: "Dead", role: "meta", cell: (task) => `${formatCount(task.dead)} dead` },
  { label: "Time in the handler", role: "meta", cell: (task) => (task.mean_us < 1_000 ? `${task.mean_us} µs each` : `${(task.mean_us / 1_000).toFixed(1)} ms each`) },
];

function Tasks({ tasks }: { tasks: Task[] }) {
  if (tasks.length === 0) return null;
  return (
    <Panel label="Tasks" flush>
      <Rows label="Tasks" columns={columns} rows={tasks} id={(task) => task.task} />
    </Panel>
  );
}
