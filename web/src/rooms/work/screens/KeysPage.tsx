// Keys that somebody has to look at: the closed ones first, then those with the longest lines.
import { IconKey } from "@tabler/icons-react";
import type { KeyLook } from "@/api";
import { formatCount, plural } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, SearchInput, useAddress, useNow, type Column } from "@/ui/desk";
import { useKeys } from "../messages";
import classes from "../parts/work.module.css";
import { places, sentences, waited } from "../words";

function columnsAt(nowMs: number): Column<KeyLook>[] {
  return [
    { label: "Key", role: "title", cell: (one) => one.key },
    { label: "Queue", role: "meta", cell: (one) => one.queue },
    { label: "In line", role: "meta", cell: (one) => `${formatCount(one.waiting)} in line` },
    { label: "Oldest waits", role: "meta", cell: (one) => (one.oldest_ms === null ? "" : <span>for {waited(one.oldest_ms, nowMs)}</span>) },
    { label: "Head", role: "meta", cell: (one) => (one.since_ms === null ? "" : `failed ${waited(one.since_ms, nowMs)} ago: ${(one.error ?? "").slice(0, 90)}`) },
    { label: "State", role: "figure", cell: (one) => (one.closed ? <Chip tone="bad">Closed</Chip> : <Chip tone="good">Busy</Chip>) },
  ];
}

export function KeysPage() {
  const found = useKeys();
  const { search, narrow } = useAddress();
  const now = useNow(5_000);
  const q = (search["q"] ?? "").toLowerCase();
  const table = (rows: KeyLook[] | undefined) => (
    <Panel flush>
      <Rows label="Keys" columns={columnsAt(now)} rows={rows} id={(one) => `${one.queue} ${one.key}`} to={(one) => places.key(one.queue, one.key)} expect={4} />
    </Panel>
  );
  const about = (closed: number) => (closed === 0 ? "No key is closed." : `${plural(closed, "key")} closed: the head died, the others wait for a person.`);
  return (
    <>
      <PageHead title="Keys" about={found.data ? about(found.data.filter((one) => one.closed).length) : "\u00a0"} />
      <div className={classes.filters}>
        <SearchInput label="Search keys" value={search["q"] ?? ""} onSearch={(text) => narrow({ q: text })} />
      </div>
      <Loaded query={found} ghost={table(undefined)}>
        {(data) => {
          const rows = data.filter((one) => `${one.queue} ${one.key}`.toLowerCase().includes(q));
          return rows.length > 0 ? table(rows) : <EmptyState {...sentences.noKeys} icon={<IconKey size={32} stroke={1.6} />} />;
        }}
      </Loaded>
    </>
  );
}
