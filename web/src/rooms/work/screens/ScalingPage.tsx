// What the autoscaler decided: how many workers, when, and why.
import { IconArrowsVertical } from "@tabler/icons-react";
import type { Scaled } from "@/api";
import { formatCount, formatTime } from "@/format";
import { EmptyState } from "@/ui";
import { Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { useScaling } from "../running";
import { sentences } from "../words";

const columns: Column<Scaled>[] = [
  { label: "Workers", role: "title", cell: (one) => `${one.before} to ${one.after} workers` },
  { label: "Why", role: "meta", cell: (one) => one.reason },
  { label: "Ready", role: "meta", cell: (one) => <span>{formatCount(one.ready)} ready</span> },
  { label: "In work", role: "meta", cell: (one) => <span>{formatCount(one.in_flight)} in work</span> },
  { label: "Within", role: "meta", cell: (one) => <span>{`${one.least} to ${one.most}`}</span> },
  { label: "Host", role: "meta", cell: (one) => one.host },
  { label: "When", role: "figure", cell: (one) => formatTime(one.at_ms, "moment") },
];

export function ScalingPage() {
  const scaling = useScaling();
  const table = (rows: Scaled[] | undefined) => (
    <Panel flush>
      <Rows label="Decisions" columns={columns} rows={rows} id={(one) => `${one.host} ${one.pid} ${one.at_ms}`} expect={4} />
    </Panel>
  );
  return (
    <>
      <PageHead title="Autoscaler" about="What supervisors decided, the newest first." />
      <Loaded query={scaling} ghost={table(undefined)}>
        {(data) => (data.length > 0 ? table(data) : <EmptyState {...sentences.noScaling} icon={<IconArrowsVertical size={32} stroke={1.6} />} />)}
      </Loaded>
    </>
  );
}
