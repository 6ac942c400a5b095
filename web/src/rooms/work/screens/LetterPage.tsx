// One dead letter: what it was to do, every try that failed, and what to do with it now.
import { Button } from "@mantine/core";
import { IconPencil, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { DeadLetterDetail } from "@/api";
import { formatCount, formatTime } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, Code, Go, Loaded, PageHead, Panel, usePlaces } from "@/ui/desk";
import { pretty } from "../diff";
import { EditLetter } from "../parts/EditLetter";
import { AsTest, Kin } from "../parts/Kin";
import { Changes, Failures } from "../parts/History";
import classes from "../parts/work.module.css";
import { useDeadLetter, useDiscardOne, useReleaseKey, useRetryOne } from "../queries";
import { places, reasonOf, sentences } from "../words";

export function LetterPage({ id }: { id: string }) {
  const letter = useDeadLetter(id);
  const may = useMay();
  return (
    <>
      <PageHead title={letter.data?.task ?? "Dead letter"} back={{ to: places.dead, label: "Dead letters" }} about={letter.data ? reasonOf(letter.data.reason) : "\u00a0"}>
        {letter.data && <AsTest id={id} queue={letter.data.queue} />}
        {letter.data && may("console:write") && <Deeds letter={letter.data} />}
      </PageHead>
      <Loaded query={letter} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => <Body letter={data} />}
      </Loaded>
    </>
  );
}

function Deeds({ letter }: { letter: DeadLetterDetail }) {
  const { go } = usePlaces();
  const away = () => go(places.queue(letter.queue));
  const retry = useRetryOne(away);
  const discard = useDiscardOne(away);
  const release = useReleaseKey(letter.queue);
  const [editing, setEditing] = useState(false);
  const { key } = letter;
  return (
    <>
      <EditLetter letter={letter} opened={editing} onClose={() => setEditing(false)} onRetry={() => retry.run(letter.id)} />
      {letter.closes_key && key !== null && (
        <Button variant="default" loading={release.busy} onClick={() => release.run(key)}>
          Let the others of its key go on
        </Button>
      )}
      <Button variant="light" color="grenadine" leftSection={<IconTrash size={18} />} loading={discard.busy} onClick={() => ask({ ...sentences.discard, onYes: () => discard.run(letter.id) })}>
        Discard
      </Button>
      <Button variant="default" leftSection={<IconPencil size={18} />} onClick={() => setEditing(true)}>
        Edit
      </Button>
      <Button leftSection={<IconRefresh size={18} />} loading={retry.busy} onClick={() => retry.run(letter.id)}>
        Retry
      </Button>
    </>
  );
}

function Body({ letter }: { letter: DeadLetterDetail }) {
  return (
    <div className={classes.stack}>
      <Panel title="Last error">
        <pre className={classes.body} tabIndex={0}>
          {letter.error}
        </pre>
      </Panel>
      <div className={classes.columns}>
        <Panel title="Payload">
          <pre className={classes.body} tabIndex={0}>
            {pretty(letter.payload)}
          </pre>
        </Panel>
        <Panel title="About it">
          <Facts letter={letter} />
        </Panel>
      </div>
      <Kin id={letter.id} queue={letter.queue} />
      <Failures failures={letter.failures} trace={letter.trace_url} />
      <Changes changes={letter.changes} />
    </div>
  );
}

function Facts({ letter }: { letter: DeadLetterDetail }) {
  return (
    <dl className={classes.facts}>
      <dt>Queue</dt>
      <dd>
        <Go to={places.queue(letter.queue)}>{letter.queue}</Go>
      </dd>
      <dt>Key</dt>
      <dd>{letter.key === null ? "None" : <Go to={places.key(letter.queue, letter.key)}>{letter.key}</Go>}</dd>
      <dt>Tries</dt>
      <dd>{formatCount(letter.attempts)}</dd>
      <dt>Enqueued</dt>
      <dd>{formatTime(letter.enqueued_ms, "moment")}</dd>
      <dt>Died</dt>
      <dd>{formatTime(letter.died_ms, "moment")}</dd>
      <dt>Id</dt>
      <dd>
        <Code>{letter.id}</Code>
      </dd>
    </dl>
  );
}
