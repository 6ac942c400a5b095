// Dead letters one by one, the newest first.
import type { DeadLetter } from "@/api";
import { formatTime } from "@/format";
import { EmptyState } from "@/ui";
import { Code, Loaded, Panel, Rows, type Column } from "@/ui/desk";
import { useDeadLetters } from "../queries";
import { places, reasonOf, sentences } from "../words";

const columns: Column<DeadLetter>[] = [
  { label: "Task", role: "title", cell: (letter) => letter.task },
  { label: "Died", role: "figure", cell: (letter) => formatTime(letter.died_ms, "moment") },
  { label: "Key", role: "meta", cell: (letter) => (letter.key === null ? "" : <Code>{letter.key}</Code>) },
  { label: "Why", role: "meta", cell: (letter) => reasonOf(letter.reason) },
  { label: "Error", role: "meta", cell: (letter) => (letter.error.length > 90 ? `${letter.error.slice(0, 90)}…` : letter.error) },
];

export function LetterTable({ queue }: { queue?: string }) {
  const letters = useDeadLetters(queue);
  const table = (rows: DeadLetter[] | undefined) => (
    <Rows
      label="Dead letters"
      columns={columns}
      rows={rows}
      id={(letter) => letter.id}
      to={(letter) => places.letter(letter.id)}
      onMore={letters.hasNextPage ? () => void letters.fetchNextPage() : undefined}
      moreBusy={letters.isFetchingNextPage}
    />
  );
  return (
    <Panel title="One by one" flush>
      <Loaded query={letters} ghost={table(undefined)}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          return rows.length > 0 ? table(rows) : <EmptyState {...sentences.noDead} />;
        }}
      </Loaded>
    </Panel>
  );
}
