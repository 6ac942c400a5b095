// Who works: what each worker takes, what it holds, when it was last heard of.
import { IconUsersGroup } from "@tabler/icons-react";
import type { EngineWorker } from "@/api";
import { formatAge, formatCount } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Code, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { useWorkers } from "../queries";
import { sentences, workerState } from "../words";

function columnsAt(nowMs: number): Column<EngineWorker>[] {
  return [
    { label: "Worker", role: "title", cell: (worker) => `${worker.host}, process ${worker.pid}` },
    { label: "State", role: "figure", cell: (worker) => <Chip tone={workerState(worker).tone}>{workerState(worker).label}</Chip> },
    { label: "Works", role: "meta", cell: (worker) => worker.queues.join(", ") },
    { label: "Holds", role: "meta", cell: (worker) => `holds ${formatCount(worker.leased)}` },
    { label: "Up for", role: "meta", cell: (worker) => <span>up for {formatAge(nowMs - worker.started_ms)}</span> },
    { label: "Heard", role: "meta", cell: (worker) => <span>heard {ago(nowMs - worker.seen_ms)}</span> },
    { label: "Id", role: "meta", cell: (worker) => <Code>{worker.id}</Code> },
  ];
}

function ago(ms: number): string {
  const age = formatAge(ms);
  return age === "now" ? "just now" : `${age} ago`;
}

export function WorkersPage() {
  const workers = useWorkers();
  const table = (rows: EngineWorker[] | undefined, nowMs: number) => (
    <Panel flush>
      <Rows label="Workers" columns={columnsAt(nowMs)} rows={rows} id={(worker) => worker.id} expect={2} />
    </Panel>
  );
  return (
    <>
      <PageHead title="Workers" />
      <Loaded query={workers} ghost={table(undefined, 0)}>
        {({ items, as_of_ms }) => (items.length > 0 ? table(items, as_of_ms) : <EmptyState {...sentences.noWorkers} icon={<IconUsersGroup size={32} stroke={1.6} />} />)}
      </Loaded>
    </>
  );
}
