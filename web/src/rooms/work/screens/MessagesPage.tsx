// Messages wherever they are: one line to search them by, and what can be done with all that were found.
import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconMail } from "@tabler/icons-react";
import { useState } from "react";
import { Problem, type MessageRow } from "@/api";
import { formatCount, formatTime } from "@/format";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { Chip, Code, Loaded, PageHead, Panel, Rows, useAddress, usePlaces, type Column } from "@/ui/desk";
import { isId } from "../look";
import type { MessagesAction } from "../errands";
import { useMessages } from "../messages";
import { ChangeMessages } from "../parts/ChangeMessages";
import { Errands } from "../parts/Errands";
import { MessageSearch } from "../parts/MessageSearch";
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
  const messages = useMessages(q);
  const find = (line: string) => (isId(line) ? go(places.message(line.trim())) : narrow({ q: line }));
  const wrong = messages.error instanceof Problem && messages.error.code === "bad_search" ? messages.error.message : null;
  const table = (rows: MessageRow[] | undefined) => (
    <Panel flush>
      <Rows
        label="Messages"
        columns={columns}
        rows={rows}
        id={(message) => message.id}
        to={(message) => (message.state === "dead" ? places.letter(message.id) : places.message(message.id, message.queue))}
        onMore={messages.hasNextPage ? () => void messages.fetchNextPage() : undefined}
        moreBusy={messages.isFetchingNextPage}
      />
    </Panel>
  );
  return (
    <>
      <PageHead title="Messages" about="Search by id, queue:, key:, tenant:, task:, state:, enqueued:, due:, payload.order.id:4711, or by a piece of the payload.">
        {q !== "" && wrong === null && messages.data && <ChangeAll q={q} />}
      </PageHead>
      <MessageSearch q={q} wrong={wrong} onSearch={find} />
      <div className={classes.stack}>
        <Errands of={(one) => ["cancel", "run_now", "snooze"].includes(one.kind)} />
        {wrong === null && (
          <Loaded query={messages} ghost={table(undefined)}>
            {(data) => {
              const rows = unique(data.pages.flatMap((page) => page.items));
              const last = data.pages.at(-1);
              return (
                <>
                  {rows.length > 0 ? table(rows) : <EmptyState {...sentences.noMessages} icon={<IconMail size={32} stroke={1.6} />} />}
                  {last && !last.whole && <p className={classes.aside}>Looked at {formatCount(last.looked)} messages; there are more. Name a queue or a state to look further.</p>}
                </>
              );
            }}
          </Loaded>
        )}
      </div>
    </>
  );
}

/** A message that moved between two pages is told twice. */
function unique(rows: MessageRow[]): MessageRow[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** What can be done with everything that was found. */
function ChangeAll({ q }: { q: string }) {
  const may = useMay();
  const [action, setAction] = useState<MessagesAction | null>(null);
  if (!may("console:write")) return null;
  return (
    <>
      {action && <ChangeMessages q={q} action={action} onClose={() => setAction(null)} />}
      <Menu>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={18} />}>
            All of these
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item mih={44} onClick={() => setAction("run_now")}>
            Run now
          </Menu.Item>
          <Menu.Item mih={44} onClick={() => setAction("snooze")}>
            Later
          </Menu.Item>
          {may("console:admin") && (
            <Menu.Item mih={44} color="grenadine" onClick={() => setAction("cancel")}>
              Cancel
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
