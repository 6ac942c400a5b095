// What was changed: who, what, on what, before and after.
import { IconHistory } from "@tabler/icons-react";
import type { Change } from "@/api";
import { formatTime } from "@/format";
import { EmptyState } from "@/ui";
import { Code, Go, Loaded, PageHead, Panel, Rows, SearchInput, useAddress, type Column } from "@/ui/desk";
import { subjectOf } from "../changes";
import { WhatChanged } from "../parts/WhatChanged";
import classes from "../parts/work.module.css";
import { useChanges } from "../queries";
import { deedOf, sentences } from "../words";

const columns: Column<Change>[] = [
  { label: "What", role: "title", cell: (change) => deedOf(change.action) },
  { label: "When", role: "figure", cell: (change) => formatTime(change.at_ms, "moment") },
  { label: "On", role: "meta", cell: (change) => <On subject={change.subject} /> },
  { label: "Before and after", role: "meta", cell: (change) => <WhatChanged change={change} /> },
  { label: "Who", role: "meta", cell: (change) => <Code>{change.who}</Code> },
];

export function ChangesPage() {
  const { search, narrow } = useAddress();
  const contains = search["q"] ?? "";
  const changes = useChanges(contains);
  const table = (rows: Change[] | undefined) => (
    <Panel flush>
      <Rows
        label="Changes"
        columns={columns}
        rows={rows}
        id={(change) => change.id}
        onMore={changes.hasNextPage ? () => void changes.fetchNextPage() : undefined}
        moreBusy={changes.isFetchingNextPage}
      />
    </Panel>
  );
  return (
    <>
      <PageHead title="Changes" about="What people did, and what breakers did by themselves, written down with it." />
      <div className={classes.filters}>
        <SearchInput label="Search changes" placeholder="Who, what, or on what" value={contains} onSearch={(text) => narrow({ q: text })} />
      </div>
      <Loaded query={changes} ghost={table(undefined)}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          const none = contains === "" ? sentences.noChanges : sentences.noChangeFits;
          return rows.length > 0 ? table(rows) : <EmptyState {...none} icon={<IconHistory size={32} stroke={1.6} />} />;
        }}
      </Loaded>
    </>
  );
}

function On({ subject }: { subject: string }) {
  const { kind, name, to } = subjectOf(subject);
  return (
    <span style={{ overflowWrap: "anywhere" }}>
      {kind} {to === null ? name : <Go to={to}>{name}</Go>}
    </span>
  );
}
