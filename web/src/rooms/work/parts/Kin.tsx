// What enqueued a message and what it enqueued; and the message as a test, to be copied.
import { Button, CopyButton, Modal } from "@mantine/core";
import { IconCheck, IconCopy, IconTestPipe } from "@tabler/icons-react";
import { useState } from "react";
import type { MessageRow } from "@/api";
import { formatTime } from "@/format";
import { Chip, Code, Go, Loaded, overPage, Panel, Rows, type Column } from "@/ui/desk";
import { filter } from "../look";
import { useAsTest, useKin } from "../messages";
import { messageState, places, sentences } from "../words";
import classes from "./work.module.css";

const columns: Column<MessageRow>[] = [
  { label: "Task", role: "title", cell: (message) => message.task },
  { label: "Queue", role: "meta", cell: (message) => message.queue },
  { label: "Enqueued", role: "meta", cell: (message) => <span>{formatTime(message.enqueued_ms, "moment")}</span> },
  { label: "State", role: "figure", cell: (message) => <Chip tone={messageState(message.state).tone}>{messageState(message.state).label}</Chip> },
];

export function Kin({ id, queue }: { id: string; queue: string }) {
  const { data } = useKin(id, queue);
  if (!data) return null;
  const { parent, parent_id: parentId, children } = data;
  return (
    <>
      {parentId !== null && (
        <Panel title="What enqueued it" flush={parent !== null}>
          {parent === null ? (
            <p className={classes.errorFacts}>
              <Code>{parentId}</Code> {sentences.parentGone}
            </p>
          ) : (
            <Rows label="What enqueued it" columns={columns} rows={[parent]} id={(one) => one.id} to={(one) => places.message(one.id, one.queue)} />
          )}
        </Panel>
      )}
      {children.length > 0 && (
        <Panel title="What it enqueued" flush>
          <Rows label="What it enqueued" columns={columns} rows={children} id={(one) => one.id} to={(one) => places.message(one.id, one.queue)} />
          <p className={classes.errorFacts} style={{ padding: "0 16px 12px" }}>
            {sentences.childrenGone} <Go to={places.messages(filter("parent", id))}>Search them</Go>
          </p>
        </Panel>
      )}
    </>
  );
}

export function AsTest({ id, queue }: { id: string; queue: string }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<IconTestPipe size={18} />} onClick={() => setOpened(true)}>
        As a test
      </Button>
      {opened && (
        <Modal {...overPage} opened onClose={() => setOpened(false)} size="xl" title={<b>{sentences.asTest.title}</b>}>
          <Text id={id} queue={queue} />
        </Modal>
      )}
    </>
  );
}

function Text({ id, queue }: { id: string; queue: string }) {
  const test = useAsTest(id, queue);
  return (
    <Loaded query={test} ghost={<div className={classes.ghost} aria-busy="true" />}>
      {({ text }) => (
        <>
          <p className={classes.errorFacts}>{sentences.asTest.detail}</p>
          <pre className={classes.body} tabIndex={0} data-testid="as-test">
            {text}
          </pre>
          <CopyButton value={text} timeout={2_000}>
            {({ copied, copy }) => (
              <Button mt="md" leftSection={copied ? <IconCheck size={18} /> : <IconCopy size={18} />} onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </>
      )}
    </Loaded>
  );
}
