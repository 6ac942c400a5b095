// One message that waits or runs: what it is to do, what went wrong so far; run it now, later, or never.
import { Button, Menu } from "@mantine/core";
import { IconArrowBackUp, IconClockPause, IconPlayerPlay, IconX } from "@tabler/icons-react";
import type { MessageDetail } from "@/api";
import { formatCount, formatTime } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, Chip, Code, Go, Loaded, PageHead, Panel, usePlaces } from "@/ui/desk";
import { pretty } from "../diff";
import { filter } from "../look";
import { useBringBack, useCancel, useMessage, useRunNow, useSnooze } from "../messages";
import { AsTest, Kin } from "../parts/Kin";
import { Changes, Failures } from "../parts/History";
import classes from "../parts/work.module.css";
import { messageState, places, sentences, snoozes } from "../words";

export function MessagePage({ id, queue }: { id: string; queue: string | undefined }) {
  const message = useMessage(id, queue);
  const may = useMay();
  const state = message.data && messageState(message.data.state);
  return (
    <>
      <PageHead title={message.data?.task ?? "Message"} back={{ to: places.messages(), label: "Messages" }} about={state ? <Chip tone={state.tone}>{state.label}</Chip> : "\u00a0"}>
        {message.data && <AsTest id={id} queue={message.data.queue} />}
        {message.data && may("console:write") && <Deeds message={message.data} />}
      </PageHead>
      <Loaded query={message} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => (
          <div className={classes.stack}>
            <div className={classes.columns}>
              <Panel title="Payload">
                <pre className={classes.body} tabIndex={0}>
                  {pretty(data.payload)}
                </pre>
              </Panel>
              <Panel title="About it">
                <Facts message={data} />
              </Panel>
            </div>
            <Kin id={id} queue={data.queue} />
            <Failures failures={data.failures} trace={data.trace_url} />
            <Changes changes={data.changes} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Deeds({ message }: { message: MessageDetail }) {
  const { go } = usePlaces();
  const now = useRunNow(message.id, message.queue);
  const snooze = useSnooze(message.id, message.queue, message.state === "ready");
  const cancel = useCancel(message.id, message.queue, message.batch !== null, () => go(places.messages()));
  const back = useBringBack(message.id);
  const waitsForTime = message.state === "scheduled" || message.state === "retrying";
  if (message.state === "dead") return <Button onClick={() => go(places.letter(message.id))}>To the dead letter</Button>;
  if (message.state === "leased") return null;
  if (message.state === "cancelled") {
    return (
      <Button leftSection={<IconArrowBackUp size={18} />} loading={back.busy} onClick={() => back.run()}>
        Bring it back
      </Button>
    );
  }
  return (
    <>
      <Button variant="light" color="grenadine" leftSection={<IconX size={18} />} loading={cancel.busy} onClick={() => ask({ ...sentences.cancel, onYes: () => cancel.run() })}>
        Cancel
      </Button>
      {message.state !== "waiting" && (
        <Menu>
          <Menu.Target>
            <Button variant="default" leftSection={<IconClockPause size={18} />} loading={snooze.busy}>
              Later
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {snoozes.map(({ label, ms }) => (
              <Menu.Item key={ms} mih={44} onClick={() => snooze.run(ms)}>
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {waitsForTime && (
        <Button leftSection={<IconPlayerPlay size={18} />} loading={now.busy} onClick={() => now.run(message.at_ms)}>
          Run now
        </Button>
      )}
    </>
  );
}

function Facts({ message }: { message: MessageDetail }) {
  const { time } = messageState(message.state);
  const { key } = message;
  return (
    <dl className={classes.facts}>
      <dt>Queue</dt>
      <dd>
        <Go to={places.queue(message.queue)}>{message.queue}</Go>
      </dd>
      <dt>Key</dt>
      <dd>{key === null ? "None" : <Go to={places.key(message.queue, key)}>{key}</Go>}</dd>
      {message.tenant_id !== null && (
        <>
          <dt>Tenant</dt>
          <dd>
            <Go to={places.messages(filter("tenant", message.tenant_id))}>{message.tenant_id}</Go>
          </dd>
        </>
      )}
      <dt>Tries</dt>
      <dd>{`${formatCount(message.attempt)} of ${formatCount(message.attempts_max)}`}</dd>
      <dt>Enqueued</dt>
      <dd>{formatTime(message.enqueued_ms, "moment")}</dd>
      {time !== "" && message.at_ms !== null && (
        <>
          <dt>{time}</dt>
          <dd>{formatTime(message.at_ms, "moment")}</dd>
        </>
      )}
      <Known label="Worker" value={message.worker} />
      {message.batch !== null && (
        <>
          <dt>Batch</dt>
          <dd>
            <Go to={places.messages(filter("batch", message.batch))}>{message.batch}</Go>
          </dd>
        </>
      )}
      {message.trace !== null && (
        <>
          <dt>Trace</dt>
          <dd>
            {message.trace_url === null ? (
              <Code>{message.trace}</Code>
            ) : (
              <a href={message.trace_url} target="_blank" rel="noreferrer">
                Look at it
              </a>
            )}
          </dd>
        </>
      )}
      {message.expires_ms !== null && (
        <>
          <dt>Worthless from</dt>
          <dd>{formatTime(message.expires_ms, "moment")}</dd>
        </>
      )}
      <Known label="Id" value={message.id} />
    </dl>
  );
}

function Known({ label, value }: { label: string; value: string | null }) {
  if (value === null) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <Code>{value}</Code>
      </dd>
    </>
  );
}
