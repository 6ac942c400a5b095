// Breakers: which dependency is down, which queues wait for it; hold one open or closed by hand.
import { Button, Menu } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import type { Breaker } from "@/api";
import { formatTime, plural } from "@/format";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, type Column, type Tone } from "@/ui/desk";
import { useBreakers, useForceBreaker } from "../running";
import { sentences } from "../words";

function stateOf(breaker: Breaker): { tone: Tone; label: string } {
  const state = breaker.forced ?? breaker.state;
  const label = state === "open" ? "Open" : "Closed";
  return { tone: state === "open" ? "bad" : breaker.failures > 0 ? "busy" : "good", label: breaker.forced ? `${label}, by hand` : label };
}

function aboutBreaker(breaker: Breaker): string {
  if (breaker.by_line && breaker.line === null) return "each line by itself";
  if (breaker.state === "open" && breaker.forced === null) return `since ${formatTime(breaker.changed_ms, "moment")}, next probe ${formatTime(breaker.until_ms, "seconds")}`;
  return breaker.failures > 0 ? `${plural(breaker.failures, "failure")} of ${breaker.failures_max}` : "";
}

const columns: Column<Breaker>[] = [
  { label: "Breaker", role: "title", cell: (one) => (one.line === null ? one.name : `${one.name} · ${one.line || "no line"}`) },
  { label: "Guards", role: "meta", cell: (one) => one.queues.join(", ") },
  { label: "About it", role: "meta", cell: aboutBreaker },
  { label: "Last error", role: "meta", cell: (one) => (one.error ?? "").slice(0, 90) },
  { label: "State", role: "figure", cell: (one) => <Chip tone={stateOf(one).tone}>{stateOf(one).label}</Chip> },
];

export function BreakersPage() {
  const breakers = useBreakers();
  const may = useMay();
  const shown = may("console:write") ? [...columns, { label: "Force", role: "action" as const, cell: (one: Breaker) => <Forcing breaker={one} /> }] : columns;
  const table = (rows: Breaker[] | undefined) => (
    <Panel flush>
      <Rows label="Breakers" columns={shown} rows={rows} id={(one) => `${one.name} ${one.line ?? ""}`} expect={2} />
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

function Forcing({ breaker }: { breaker: Breaker }) {
  const force = useForceBreaker(breaker.name, breaker.line);
  return (
    <Menu>
      <Menu.Target>
        <Button variant="subtle" loading={force.busy} aria-label={`Force ${breaker.name} ${breaker.line ?? ""}`.trim()}>
          Force
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item mih={44} onClick={() => force.run("open")}>
          Hold it open: nothing is claimed
        </Menu.Item>
        <Menu.Item mih={44} onClick={() => force.run("close")}>
          Hold it closed: claim whatever happens
        </Menu.Item>
        <Menu.Item mih={44} onClick={() => force.run("reset")}>
          Let it decide by itself, from new
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
