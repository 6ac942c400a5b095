// One worker: every message it has in hands, what it did lately, what its process weighs; ask it to end.
import { Button } from "@mantine/core";
import { IconDoorExit, IconPlayerPlay } from "@tabler/icons-react";
import type { WorkerDetail } from "@/api";
import { formatAge, formatCount, formatTime } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, Chip, Code, Figures, Go, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { ago, formatBytes, formatSeconds, places, sentences, waited, workerState } from "../words";
import { useDrainWorker, useWorker } from "../workers";

type InHands = WorkerDetail["in_hands"][number];
type Lately = WorkerDetail["lately"][number];

function handsAt(nowMs: number): Column<InHands>[] {
  return [
    { label: "Task", role: "title", cell: (one) => one.task },
    { label: "For", role: "figure", cell: (one) => waited(one.since_ms, nowMs) },
    { label: "Queue", role: "meta", cell: (one) => one.queue },
    { label: "Key", role: "meta", cell: (one) => (one.key === null ? "" : <span>key {one.key}</span>) },
    { label: "Tenant", role: "meta", cell: (one) => (one.tenant === null ? "" : <span>for {one.tenant}</span>) },
    { label: "Try", role: "meta", cell: (one) => <span>try {one.attempt}</span> },
    { label: "Together", role: "meta", cell: (one) => (one.together > 1 ? <span>one of {formatCount(one.together)} at once</span> : "") },
    { label: "Id", role: "meta", cell: (one) => <Code>{one.id}</Code> },
  ];
}

const lately: Column<Lately>[] = [
  { label: "Task", role: "title", cell: (one) => one.task },
  { label: "Queue", role: "meta", cell: (one) => one.queue },
  { label: "Done", role: "figure", cell: (one) => formatCount(one.done) },
  { label: "Failed", role: "meta", cell: (one) => <span>{formatCount(one.failed + one.dead)} failed</span> },
  { label: "Each took", role: "meta", cell: (one) => <span>{formatSeconds(one.mean_us)} each</span> },
];

export function WorkerPage({ id }: { id: string }) {
  const worker = useWorker(id);
  const may = useMay();
  const shown = worker.data?.worker;
  return (
    <>
      <PageHead title={shown ? `${shown.host}, process ${shown.pid}` : "Worker"} back={{ to: places.workers, label: "Workers" }} about={shown ? <Code>{shown.id}</Code> : "\u00a0"}>
        {worker.data && may("console:write") && <Deeds id={id} draining={worker.data.worker.draining_ms !== null} />}
      </PageHead>
      <Loaded query={worker} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => (
          <div className={classes.stack}>
            <Weight found={data} />
            <Hands found={data} />
            {data.lately.length > 0 && (
              <Panel title="In the last ten minutes" flush>
                <Rows label="In the last ten minutes" columns={lately} rows={data.lately} id={(one) => `${one.queue} ${one.task}`} to={(one) => places.queue(one.queue)} />
              </Panel>
            )}
            <Panel title="Works">
              <p className={classes.queueLinks}>
                {data.worker.queues.map((queue) => (
                  <Go key={queue} to={places.queue(queue)}>
                    {queue}
                  </Go>
                ))}
              </p>
            </Panel>
          </div>
        )}
      </Loaded>
    </>
  );
}

function Weight({ found: { worker, as_of_ms } }: { found: WorkerDetail }) {
  const state = workerState(worker);
  const since = worker.draining_ms === null ? null : ` for ${waited(worker.draining_ms, as_of_ms)}`;
  return (
    <Figures
      figures={[
        {
          label: "State",
          value: (
            <Chip tone={state.tone}>
              {state.label}
              {since}
            </Chip>
          ),
        },
        { label: "In hands", value: formatCount(worker.leased) },
        { label: "Memory", value: formatBytes(worker.memory_bytes) },
        { label: "Processor", value: `${worker.cpu_percent.toFixed(0)} %` },
        { label: "Processor time", value: formatSeconds(worker.cpu_us) },
        { label: "Heard", value: ago(as_of_ms - worker.seen_ms) },
        { label: "Up since", value: <span title={formatTime(worker.started_ms, "moment")}>{formatAge(as_of_ms - worker.started_ms)}</span> },
      ]}
    />
  );
}

function Hands({ found }: { found: WorkerDetail }) {
  const { in_hands, bundled, as_of_ms } = found;
  return (
    <Panel title="In hands right now" flush={in_hands.length > 0}>
      {in_hands.length > 0 && <Rows label="In hands right now" columns={handsAt(as_of_ms)} rows={in_hands} id={(one) => one.id} to={(one) => places.message(one.id, one.queue)} />}
      {bundled.map((one) => (
        <p key={`${one.queue} ${one.task} ${one.since_ms}`} className={classes.errorFacts}>
          {formatCount(one.messages)} of {one.task} in bundles, for {waited(one.since_ms, as_of_ms)}
        </p>
      ))}
      {in_hands.length + bundled.length === 0 && <p className={classes.errorFacts}>{sentences.emptyHands}</p>}
    </Panel>
  );
}

function Deeds({ id, draining }: { id: string; draining: boolean }) {
  const { drain, keep } = useDrainWorker(id);
  return draining ? (
    <Button leftSection={<IconPlayerPlay size={18} />} loading={keep.busy} onClick={() => keep.run()}>
      Let it stay
    </Button>
  ) : (
    <Button variant="light" color="grenadine" leftSection={<IconDoorExit size={18} />} loading={drain.busy} onClick={() => ask({ ...sentences.drainWorker, onYes: () => drain.run() })}>
      Drain
    </Button>
  );
}
