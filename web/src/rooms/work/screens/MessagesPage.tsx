// Messages wherever they are: one line to search by queue, key, tenant, task, state or a piece of the payload.
import { Select } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import type { MessageRow } from "@/api";
import { formatTime } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Code, Loaded, PageHead, Panel, Rows, SearchInput, useAddress, usePlaces, type Column } from "@/ui/desk";
import { isId, readLook, states, writeLook } from "../look";
import { useMessages } from "../messages";
import classes from "../parts/work.module.css";
import { messageState, places, sentences } from "../words";

const columns: Column<MessageRow>[] = [
  { label: "Task", role: "title", cell: (message) => message.task },
  { label: "Queue", role: "meta", cell: (message) => message.queue },
  { label: "Key", role: "meta", cell: (message) => (message.key === null ? "" : <Code>{message.key}</Code>) },
  { label: "Tenant", role: "meta", cell: (message) => message.tenant_id ?? "" },
  { label: "Try", role: "meta", cell: (message) => (message.attempt === 0 ? "" : `try ${message.attempt} of ${message.attempts_max}`) },
  { label: "Enqueued", role: "meta", cell: (message) => <span>{formatTime(message.enqueued_ms, "moment")}</span> },
  { label: "State", role: "figure", cell: (message) => <Chip tone={messageState(message.state).tone}>{messageState(message.state).label}</Chip> },
];

export function MessagesPage() {
  const { search, narrow } = useAddress();
  const { go } = usePlaces();
  const q = search["q"] ?? "";
  const look = readLook(q);
  const messages = useMessages(look);
  const find = (line: string) => (isId(line) ? go(places.message(line.trim())) : narrow({ q: line }));
  const table = (rows: MessageRow[] | undefined) => (
    <Panel flush>
      <Rows
        label="Messages"
        columns={columns}
        rows={rows}
        id={(message) => message.id}
        to={(message) => (message.state === "dead" ? places.letter(message.id) : places.message(message.id))}
        onMore={messages.hasNextPage ? () => void messages.fetchNextPage() : undefined}
        moreBusy={messages.isFetchingNextPage}
      />
    </Panel>
  );
  return (
    <>
      <PageHead title="Messages" about={'Search by id, by a piece of the payload, or like queue:mail key:"tab 7" tenant:bar-1 task:mail.send'} />
      <div className={classes.filters}>
        <SearchInput key={q} label="Search messages" value={q} onSearch={find} />
        <Select
          aria-label="State"
          placeholder="Any state"
          clearable
          clearButtonProps={{ "aria-label": "Any state" }}
          data={states.map((state) => ({ value: state, label: messageState(state).label }))}
          value={look.state ?? null}
          onChange={(state) => narrow({ q: writeLook({ ...look, state: state ?? "" }) })}
        />
      </div>
      <Loaded query={messages} ghost={table(undefined)}>
        {(data) => {
          const rows = unique(data.pages.flatMap((page) => page.items));
          return rows.length > 0 ? table(rows) : <EmptyState {...sentences.noMessages} icon={<IconMail size={32} stroke={1.6} />} />;
        }}
      </Loaded>
    </>
  );
}

/** The first of a page may be told twice: it was enqueued in the same millisecond as the last of the page before. */
function unique(rows: MessageRow[]): MessageRow[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}
