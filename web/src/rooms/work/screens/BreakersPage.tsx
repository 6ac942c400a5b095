// Breakers: which dependency is down, which queues wait for it; hold one open or closed by hand.
import { IconBolt } from "@tabler/icons-react";
import type { Breaker } from "@/api";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { aboutBreaker, breakerState, useBreakers } from "../breakers";
import { Forcing } from "../parts/Forcing";
import { places, sentences } from "../words";

const columns: Column<Breaker>[] = [
  { label: "Breaker", role: "title", cell: (one) => (one.line === null ? one.name : `${one.name} · ${one.line || "no line"}`) },
  { label: "Guards", role: "meta", cell: (one) => <Guards queues={one.queues} /> },
  { label: "About it", role: "meta", cell: aboutBreaker },
  { label: "Last error", role: "meta", cell: (one) => (one.error ?? "").slice(0, 90) },
  { label: "State", role: "figure", cell: (one) => <Chip tone={breakerState(one).tone}>{breakerState(one).label}</Chip> },
];

export function BreakersPage() {
  const breakers = useBreakers();
  const may = useMay();
  const shown = may("console:write") ? [...columns, { label: "Force", role: "action" as const, cell: (one: Breaker) => <Forcing breaker={one} /> }] : columns;
  const table = (rows: Breaker[] | undefined) => (
    <Panel flush>
      <Rows label="Breakers" columns={shown} rows={rows} id={(one) => `${one.name} ${one.line ?? ""}`} to={(one) => places.breaker(one.name)} expect={2} />
    </Panel>
  );
  return (
    <>
      <PageHead title="Breakers" about="While one is open its queues, or one line of them, are not claimed and no tries are used up; one probe at a time finds out whether it is over." />
      <Loaded query={breakers} ghost={table(undefined)}>
        {({ items }) => (items.length > 0 ? table(items) : <EmptyState {...sentences.noBreakers} icon={<IconBolt size={32} stroke={1.6} />} />)}
      </Loaded>
    </>
  );
}

/** One below the other, each in one piece. */
function Guards({ queues }: { queues: string[] }) {
  return queues.map((queue) => (
    <div key={queue} style={{ whiteSpace: "nowrap" }}>
      {queue}
    </div>
  ));
}
