// Who listens to what, and how far each listener is behind.
import { IconSpeakerphone } from "@tabler/icons-react";
import type { TopicFigures } from "@/api";
import { formatCount, plural } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { useTopics } from "../schedules";
import { formatDepth, places, queueState, sentences, waited } from "../words";

type Subscription = TopicFigures["subscriptions"][number];

function columnsAt(nowMs: number): Column<Subscription>[] {
  return [
    { label: "Listener", role: "title", cell: ({ task }) => task },
    { label: "Queue", role: "meta", cell: ({ queue }) => queue.queue },
    { label: "Backlog", role: "meta", cell: ({ queue }) => <span>{formatDepth(queue.ready + queue.waiting, queue.at_least)} waiting</span> },
    { label: "Later", role: "meta", cell: ({ queue }) => <span>{formatDepth(queue.scheduled, queue.at_least)} later</span> },
    { label: "Oldest waits", role: "meta", cell: ({ queue }) => (queue.oldest_ms === null ? "" : <span>for {waited(queue.oldest_ms, nowMs)}</span>) },
    { label: "Failed in an hour", role: "meta", cell: ({ queue }) => <span>{formatCount(queue.failed_last_hour)} failed</span> },
    { label: "Dead", role: "meta", cell: ({ queue }) => <span>{formatDepth(queue.dead, queue.at_least)} dead</span> },
    { label: "State", role: "figure", cell: ({ queue }) => <Chip tone={queueState(queue).tone}>{queueState(queue).label}</Chip> },
  ];
}

export function TopicsPage() {
  const topics = useTopics();
  const listeners = (rows: Subscription[] | undefined, nowMs: number, label = "Listeners") => (
    <Rows label={label} columns={columnsAt(nowMs)} rows={rows} id={({ task }) => task} to={({ queue }) => places.queue(queue.queue)} expect={2} />
  );
  return (
    <>
      <PageHead title="Topics" about="What is published to a topic becomes a message in the queue of each listener. The figures are those of the whole queue." />
      <Loaded query={topics} ghost={<Panel flush>{listeners(undefined, 0)}</Panel>}>
        {({ items, as_of_ms }) =>
          items.length === 0 ? (
            <EmptyState {...sentences.noTopics} icon={<IconSpeakerphone size={32} stroke={1.6} />} />
          ) : (
            <div className={classes.stack}>
              {items.map((topic) => (
                <Panel key={topic.name} title={topic.name} aside={`${topic.fact} to ${plural(topic.subscriptions.length, "listener")}`} flush={topic.subscriptions.length > 0}>
                  {topic.subscriptions.length > 0 ? listeners(topic.subscriptions, as_of_ms, `Listeners of ${topic.name}`) : <p className={classes.errorFacts}>{sentences.noListener}</p>}
                </Panel>
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}
