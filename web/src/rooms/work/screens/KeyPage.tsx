// One key: "3 waiting, head failed 2 minutes ago: retry, edit, skip, release".
import { Button } from "@mantine/core";
import { IconDropletOff, IconPlayerPause, IconPlayerPlay, IconPlayerTrackNext, IconRefresh } from "@tabler/icons-react";
import type { KeyPage as Key } from "@/api";
import { formatTime, plural } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, askTyped, Chip, Code, Go, Loaded, PageHead, Panel, Rows, useNow, type Column } from "@/ui/desk";
import { filter } from "../look";
import { useDrainKey, useKey } from "../messages";
import { Changes } from "../parts/History";
import classes from "../parts/work.module.css";
import { useReleaseKey, useRetryOne } from "../queries";
import { useHoldKey } from "../tenants";
import { laneState, messageState, places, sentences, waited } from "../words";

type Waiting = Key["line"][number];

const columns: Column<Waiting>[] = [
  { label: "Task", role: "title", cell: (one) => one.task },
  { label: "Enqueued", role: "figure", cell: (one) => formatTime(one.enqueued_ms, "moment") },
  { label: "Id", role: "meta", cell: (one) => <Code>{one.id}</Code> },
];

export function KeyPage({ queue, name }: { queue: string; name: string }) {
  const key = useKey(queue, name);
  const may = useMay();
  const now = useNow(5_000);
  return (
    <>
      <PageHead title={name} back={{ to: places.keys, label: "Keys" }} about={key.data ? aboutKey(key.data, now) : "\u00a0"}>
        {key.data && may("console:write") && <Deeds found={key.data} />}
      </PageHead>
      <Loaded query={key} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => (
          <div className={classes.stack}>
            <div className={classes.columns}>
              <Panel title="Its head">
                <Head found={data} />
              </Panel>
              <Panel title="About it">
                <dl className={classes.facts}>
                  <dt>Queue</dt>
                  <dd>
                    <Go to={places.queue(queue)}>{queue}</Go>
                  </dd>
                  <dt>State</dt>
                  <dd>
                    <Chip tone={data.paused ? "busy" : laneState(data.lane).tone}>{data.paused ? "Held" : laneState(data.lane).label}</Chip>
                  </dd>
                  <dt>Messages</dt>
                  <dd>
                    <Go to={places.messages(`${filter("queue", queue)} ${filter("key", name)}`)}>Search them</Go>
                  </dd>
                </dl>
              </Panel>
            </div>
            {data.line.length > 0 && (
              <Panel title={`In line: ${plural(data.waiting, "message")}`} flush>
                <Rows label="In line" columns={columns} rows={data.line} id={(one) => one.id} to={(one) => places.message(one.id, queue)} />
              </Panel>
            )}
            <Changes changes={data.changes} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function aboutKey(found: Key, nowMs: number): string {
  const line = `${plural(found.waiting, "message")} in line`;
  return found.lane === "closed" ? `${line}, the head failed ${waited(found.since_ms, nowMs)} ago` : line;
}

function Head({ found }: { found: Key }) {
  const letter = found.lane === "closed" ? found.dead[0] : undefined;
  if (letter) {
    return (
      <>
        <p className={classes.errorFacts}>
          <Go to={places.letter(letter.id)}>{letter.task}</Go> died {formatTime(letter.died_ms, "moment")}. Edit it there.
        </p>
        <pre className={classes.body} tabIndex={0}>
          {letter.error}
        </pre>
      </>
    );
  }
  if (!found.head) return <p className={classes.errorFacts}>{found.lane === "idle" ? "Nothing of this key is there." : "It is on its way."}</p>;
  const state = messageState(found.head.state);
  return (
    <p className={classes.errorFacts}>
      <Go to={places.message(found.head.id, found.queue)}>{found.head.task}</Go> <Chip tone={state.tone}>{state.label}</Chip>
    </p>
  );
}

function Deeds({ found }: { found: Key }) {
  const { queue, key } = found;
  const may = useMay();
  const drain = useDrainKey(queue, key);
  const release = useReleaseKey(queue);
  const retry = useRetryOne();
  const hold = useHoldKey(queue, key);
  const letter = found.lane === "closed" ? found.dead[0] : undefined;
  return (
    <>
      {found.waiting > 0 && may("console:admin") && (
        <Button
          variant="light"
          color="grenadine"
          leftSection={<IconDropletOff size={18} />}
          loading={drain.busy}
          onClick={() => askTyped({ ...sentences.drain(key, plural(found.waiting, "message")), word: key, onYes: () => drain.run() })}
        >
          Drain
        </Button>
      )}
      {found.paused ? (
        <Button leftSection={<IconPlayerPlay size={18} />} loading={hold.busy} onClick={() => hold.run(false)}>
          Let it go on
        </Button>
      ) : (
        <Button variant="default" leftSection={<IconPlayerPause size={18} />} loading={hold.busy} onClick={() => ask({ ...sentences.holdKey(key), onYes: () => hold.run(true) })}>
          Hold
        </Button>
      )}
      {letter && (
        <>
          <Button variant="default" leftSection={<IconPlayerTrackNext size={18} />} loading={release.busy} onClick={() => release.run(key)}>
            Skip it, release the others
          </Button>
          <Button leftSection={<IconRefresh size={18} />} loading={retry.busy} onClick={() => retry.run(letter.id)}>
            Retry the head
          </Button>
        </>
      )}
    </>
  );
}
