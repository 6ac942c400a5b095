// What operators changed: who, what, when.
import { IconHistory } from "@tabler/icons-react";
import type { Change } from "@/api";
import { formatTime } from "@/format";
import { EmptyState } from "@/ui";
import { Code, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { useChanges } from "../queries";
import { deedOf, sentences } from "../words";

const columns: Column<Change>[] = [
  { label: "What", role: "title", cell: (change) => deedOf(change.action) },
  { label: "When", role: "figure", cell: (change) => formatTime(change.at_ms, "moment") },
  { label: "On", role: "meta", cell: (change) => <Code>{change.subject}</Code> },
  { label: "Who", role: "meta", cell: (change) => <Code>{change.who}</Code> },
];

export function ChangesPage() {
  const changes = useChanges();
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
      <PageHead title="Changes" about="Everything operators did, written down with it." />
      <Loaded query={changes} ghost={table(undefined)}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          return rows.length > 0 ? table(rows) : <EmptyState {...sentences.noChanges} icon={<IconHistory size={32} stroke={1.6} />} />;
        }}
      </Loaded>
    </>
  );
}
