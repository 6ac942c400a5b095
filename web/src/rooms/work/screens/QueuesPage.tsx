// Every queue: how deep, how fast, how old, what failed. Searched, sorted and put together by name; hundreds of them.
import { NativeSelect, SegmentedControl, Switch } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Queue, QueueActivity } from "@/api";
import { formatCount, plural } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, SearchInput, sorted, Spark, useAddress, type Column, type Order } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { useActivity, useQueues } from "../queries";
import { fits, grouped, shows } from "../queues";
import { formatDepth, formatPerSecond, formatTook, places, queueState, sentences, waited } from "../words";

type Activity = ReadonlyMap<string, QueueActivity>;

function columnsAt(nowMs: number, activity: Activity): Column<Queue>[] {
  const depth = (pick: (queue: Queue) => number, word: string) => ({ sort: pick, cell: (queue: Queue) => <Labelled word={word}>{formatDepth(pick(queue), queue.at_least)}</Labelled> });
  return [
    { label: "Queue", role: "title", cell: (queue) => queue.queue, sort: (queue) => queue.queue },
    { label: "Last 30 min", role: "meta", cell: (queue) => <Activities queue={queue.queue} activity={activity.get(queue.queue)} /> },
    { label: "Ready", role: "meta", ...depth((queue) => queue.ready, "ready") },
    { label: "Behind", role: "meta", ...depth((queue) => queue.waiting, "behind a key") },
    { label: "Later", role: "meta", ...depth((queue) => queue.scheduled, "later") },
    { label: "In work", role: "meta", ...depth((queue) => queue.leased, "in work") },
    { label: "Per s", role: "meta", sort: (queue) => queue.rate_per_second, cell: (queue) => <Labelled word="per second">{formatPerSecond(queue.rate_per_second)}</Labelled> },
    { label: "Oldest", role: "meta", sort: (queue) => (queue.oldest_ms === null ? 0 : nowMs - queue.oldest_ms), cell: (queue) => <Labelled word="oldest">{waited(queue.oldest_ms, nowMs)}</Labelled> },
    { label: "Waited p95", role: "meta", sort: (queue) => queue.waited?.p95_us ?? 0, cell: (queue) => <Labelled word="waited, p95">{queue.waited ? formatTook(queue.waited.p95_us) : "–"}</Labelled> },
    { label: "Failed/h", role: "meta", sort: (queue) => queue.failed_last_hour, cell: (queue) => <Labelled word="failed">{formatCount(queue.failed_last_hour)}</Labelled> },
    {
      label: "Dead",
      role: "meta",
      sort: (queue) => queue.dead,
      cell: (queue) => (queue.dead > 0 ? <Chip tone="bad">{formatDepth(queue.dead, queue.at_least)} dead</Chip> : <Labelled word="dead">0</Labelled>),
    },
    { label: "State", role: "figure", sort: (queue) => queueState(queue).label, cell: (queue) => <Chip tone={queueState(queue).tone}>{queueState(queue).label}</Chip> },
  ];
}

/** On a phone there are no column heads: the word comes with the number, and what is nothing is left out. */
function Labelled({ word, children }: { word: string; children: string }) {
  return (
    <span className={children === "0" || children === "–" ? classes.nothing : undefined}>
      {children}
      <span className="mantine-hidden-from-sm"> {word}</span>
    </span>
  );
}

function Activities({ queue, activity }: { queue: string; activity: QueueActivity | undefined }) {
  if (!activity) return <span className={classes.nothing} />;
  const done = activity.done.reduce((total, count) => total + count, 0);
  return <Spark values={activity.done} wrong={activity.failed} label={`${queue}: ${plural(done, "message")} done in the last half hour`} />;
}

export function QueuesPage() {
  const queues = useQueues();
  const activity = useActivity();
  const { search, narrow } = useAddress();
  const q = search["q"] ?? "";
  const show = search["show"] ?? "all";
  const [order, setOrder] = useState<Order>({ by: "Queue", down: false });
  const [together, setTogether] = useState(false);
  const say = (next: Record<string, string>) => narrow({ ...search, ...next });
  const columns = columnsAt(queues.data?.as_of_ms ?? 0, activity);
  const table = (rows: Queue[] | undefined, label = "Queues") => (
    <Rows label={label} columns={columns} rows={rows && sorted(rows, columns, order)} id={(queue) => queue.queue} to={(queue) => places.queue(queue.queue)} expect={4} order={order} onOrder={setOrder} />
  );
  return (
    <>
      <PageHead title="Queues" about={queues.data ? plural(queues.data.items.length, "queue") : "\u00a0"} />
      <div className={classes.filters}>
        <SearchInput label="Search queues" value={q} onSearch={(text) => say({ q: text })} />
        <SegmentedControl className={classes.segments} aria-label="Which queues" data={shows} value={show} onChange={(value) => say({ show: value === "all" ? "" : value })} />
        <NativeSelect
          hiddenFrom="sm"
          aria-label="Sort by"
          value={order.by}
          data={columns.filter((column) => column.sort).map((column) => column.label)}
          onChange={(event) => setOrder({ by: event.currentTarget.value, down: event.currentTarget.value !== "Queue" })}
        />
        <Switch label="Together by prefix" checked={together} onChange={(event) => setTogether(event.currentTarget.checked)} className={classes.switch} />
      </div>
      <Loaded query={queues} ghost={<Panel flush>{table(undefined)}</Panel>}>
        {({ items }) => {
          const rows = items.filter((queue) => fits(queue, q, show));
          if (items.length === 0) return <EmptyState {...sentences.noQueues} />;
          if (rows.length === 0) return <EmptyState {...sentences.noneFit} action="Show all" onAction={() => narrow({})} />;
          return together ? <Together rows={rows} table={table} /> : <Panel flush>{table(rows)}</Panel>;
        }}
      </Loaded>
    </>
  );
}

function Together({ rows, table }: { rows: Queue[]; table: (rows: Queue[], label: string) => ReactNode }) {
  return (
    <div className={classes.stack}>
      {grouped(rows).map(({ prefix, queues }) => {
        const waiting = queues.reduce((total, queue) => total + queue.ready + queue.waiting, 0);
        const title = prefix === "" ? "Others" : prefix;
        return (
          <Panel key={prefix} title={title} flush aside={<span className={classes.aside}>{`${plural(queues.length, "queue")}, ${formatCount(waiting)} waiting`}</span>}>
            {table(queues, `Queues: ${title}`)}
          </Panel>
        );
      })}
    </div>
  );
}
