// Who works: what each is doing right now, its memory and processor, when it was last heard of.
import { IconUsersGroup } from "@tabler/icons-react";
import type { EngineWorker } from "@/api";
import { formatCount, plural } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, SearchInput, useAddress, type Column } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { ago, formatBytes, places, sentences, waited, workerState } from "../words";
import { useWorkers } from "../workers";

/** Queues named in a row; the rest is a number. */
const NAMED = 2;

function columnsAt(nowMs: number): Column<EngineWorker>[] {
  return [
    { label: "Worker", role: "title", cell: (worker) => `${worker.host}, process ${worker.pid}` },
    { label: "State", role: "figure", cell: (worker) => <Chip tone={workerState(worker).tone}>{workerState(worker).label}</Chip> },
    { label: "Doing", role: "meta", cell: (worker) => (worker.holds.length === 0 ? <span>nothing</span> : doing(worker, nowMs)) },
    { label: "Works", role: "meta", cell: (worker) => <span title={worker.queues.join(", ")}>{works(worker)}</span> },
    { label: "Memory", role: "meta", cell: (worker) => <span>{formatBytes(worker.memory_bytes)}</span> },
    { label: "Processor", role: "meta", cell: (worker) => <span>{worker.cpu_percent.toFixed(0)} % of one</span> },
    { label: "Up for", role: "meta", cell: (worker) => <span>up for {waited(worker.started_ms, nowMs)}</span> },
    { label: "Heard", role: "meta", cell: (worker) => <span>heard {ago(nowMs - worker.seen_ms)}</span> },
  ];
}

function doing(worker: EngineWorker, nowMs: number): string {
  const named = worker.holds.slice(0, NAMED).map((one) => `${formatCount(one.messages)} of ${one.queue} for ${waited(one.since_ms, nowMs)}`);
  return [...named, ...(worker.holds.length > NAMED ? [`${worker.holds.length - NAMED} more`] : [])].join(", ");
}

function works(worker: EngineWorker): string {
  return worker.queues.length > NAMED ? `${worker.queues.slice(0, NAMED).join(", ")} and ${worker.queues.length - NAMED} more` : worker.queues.join(", ");
}

export function WorkersPage() {
  const workers = useWorkers();
  const { search, narrow } = useAddress();
  const q = (search["q"] ?? "").toLowerCase();
  const table = (rows: EngineWorker[] | undefined, nowMs: number) => (
    <Panel flush>
      <Rows label="Workers" columns={columnsAt(nowMs)} rows={rows} id={(worker) => worker.id} to={(worker) => places.worker(worker.id)} expect={2} />
    </Panel>
  );
  return (
    <>
      <PageHead title="Workers" about={workers.data ? about(workers.data.items) : "\u00a0"} />
      <div className={classes.filters}>
        <SearchInput label="Search workers" value={search["q"] ?? ""} onSearch={(text) => narrow({ q: text })} />
      </div>
      <Loaded query={workers} ghost={table(undefined, 0)}>
        {({ items, as_of_ms }) => {
          const rows = items.filter((worker) => `${worker.id} ${worker.queues.join(" ")}`.toLowerCase().includes(q));
          const empty = items.length > 0 ? sentences.noWorkerFits : sentences.noWorkers;
          return rows.length > 0 ? table(rows, as_of_ms) : <EmptyState {...empty} icon={<IconUsersGroup size={32} stroke={1.6} />} />;
        }}
      </Loaded>
    </>
  );
}

function about(items: EngineWorker[]): string {
  const busy = items.filter((worker) => worker.state === "working").length;
  return `${plural(items.length, "worker")}, ${busy} with messages in hands.`;
}
