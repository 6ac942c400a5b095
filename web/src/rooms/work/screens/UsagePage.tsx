// What the work of this month used, by task or by tenant: tries, time, processor.
import { SegmentedControl } from "@mantine/core";
import { IconReceipt2 } from "@tabler/icons-react";
import { useState } from "react";
import type { Used } from "@/api";
import { formatCount, formatTime } from "@/format";
import { EmptyState } from "@/ui";
import { Loaded, PageHead, Panel, Rows, sorted, useAddress, type Column, type Order } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { useUsage } from "../running";
import { formatSeconds, sentences } from "../words";

const kinds = [
  { value: "tenant", label: "By tenant" },
  { value: "task", label: "By task" },
];

function columnsBy(by: "task" | "tenant"): Column<Used>[] {
  const name = (used: Used) => used[by] || "None";
  const number = (label: string, word: string, pick: (used: Used) => number): Column<Used> => ({ label, role: "meta", sort: pick, cell: (used) => <span>{`${formatCount(pick(used))} ${word}`}</span> });
  return [
    { label: by === "task" ? "Task" : "Tenant", role: "title", cell: name, sort: name },
    number("Done", "done", (used) => used.done),
    number("Failed", "failed", (used) => used.failed + used.dead),
    { label: "Processor", role: "meta", sort: (used) => used.cpu_us, cell: (used) => <span>{formatSeconds(used.cpu_us)} of a processor</span> },
    { label: "Time", role: "figure", sort: (used) => used.wall_us, cell: (used) => formatSeconds(used.wall_us) },
  ];
}

export function UsagePage() {
  const { search, narrow } = useAddress();
  const by = search["by"] === "task" ? "task" : "tenant";
  const usage = useUsage(by);
  const [order, setOrder] = useState<Order>({ by: "Time", down: true });
  const columns = columnsBy(by);
  const table = (rows: Used[] | undefined) => (
    <Panel flush>
      <Rows label="Usage" columns={columns} rows={rows && sorted(rows, columns, order)} id={(used) => used.task + used.tenant} order={order} onOrder={setOrder} expect={4} />
    </Panel>
  );
  return (
    <>
      <PageHead title="Usage" about={usage.data ? `${usage.data.month}, UTC: what the work of each came to, as of ${formatTime(usage.data.as_of_ms, "seconds")}.` : "\u00a0"} />
      <div className={classes.filters}>
        <SegmentedControl className={classes.segments} aria-label="By what" data={kinds} value={by} onChange={(value) => narrow({ by: value })} />
      </div>
      <Loaded query={usage} ghost={table(undefined)}>
        {({ items }) => (items.length > 0 ? table(items) : <EmptyState {...sentences.noUsage} icon={<IconReceipt2 size={32} stroke={1.6} />} />)}
      </Loaded>
    </>
  );
}
