// Every queue: how deep, how fast, how old, what failed. Searched by name.
import { useState } from "react";
import type { Queue } from "@/api";
import { formatCount } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, SearchInput, type Column } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { useQueues } from "../queries";
import { formatDepth, formatPerSecond, places, queueState, sentences, waited } from "../words";

function columnsAt(nowMs: number): Column<Queue>[] {
  const depth = (pick: (queue: Queue) => number, word: string) => (queue: Queue) => <Labelled word={word}>{formatDepth(pick(queue), queue.at_least)}</Labelled>;
  return [
    { label: "Queue", role: "title", cell: (queue) => queue.queue },
    { label: "Ready", role: "meta", cell: depth((queue) => queue.ready, "ready") },
    { label: "Behind a key", role: "meta", cell: depth((queue) => queue.waiting, "behind a key") },
    { label: "Later", role: "meta", cell: depth((queue) => queue.scheduled, "later") },
    { label: "In work", role: "meta", cell: depth((queue) => queue.leased, "in work") },
    { label: "Per second", role: "meta", cell: (queue) => <Labelled word="per second">{formatPerSecond(queue.rate_per_second)}</Labelled> },
    { label: "Oldest waits", role: "meta", cell: (queue) => <Labelled word="oldest">{waited(queue.oldest_ms, nowMs)}</Labelled> },
    { label: "Failed, last hour", role: "meta", cell: (queue) => <Labelled word="failed">{formatCount(queue.failed_last_hour)}</Labelled> },
    { label: "Dead", role: "meta", cell: (queue) => (queue.dead > 0 ? <Chip tone="bad">{formatDepth(queue.dead, queue.at_least)} dead</Chip> : <Labelled word="dead">0</Labelled>) },
    { label: "State", role: "figure", cell: (queue) => <Chip tone={queueState(queue).tone}>{queueState(queue).label}</Chip> },
  ];
}

/** On a phone there are no column heads: the word comes with the number. */
function Labelled({ word, children }: { word: string; children: string }) {
  return (
    <span>
      {children}
      <span className="mantine-hidden-from-sm"> {word}</span>
    </span>
  );
}

export function QueuesPage() {
  const queues = useQueues();
  const [q, setQ] = useState("");
  const table = (rows: Queue[] | undefined, nowMs: number) => <Rows label="Queues" columns={columnsAt(nowMs)} rows={rows} id={(queue) => queue.queue} to={(queue) => places.queue(queue.queue)} expect={4} />;
  return (
    <>
      <PageHead title="Queues" />
      <div className={classes.search}>
        <SearchInput label="Search queues" value={q} onSearch={setQ} />
      </div>
      <Panel flush>
        <Loaded query={queues} ghost={table(undefined, 0)}>
          {({ items, as_of_ms }) => {
            const rows = items.filter((queue) => queue.queue.toLowerCase().includes(q.toLowerCase()));
            return rows.length > 0 ? table(rows, as_of_ms) : <EmptyState {...sentences.noQueues} />;
          }}
        </Loaded>
      </Panel>
    </>
  );
}
