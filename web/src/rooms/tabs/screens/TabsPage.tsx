// The tabs of an event: searched by guest, narrowed by state, live.
import { SegmentedControl } from "@mantine/core";
import type { Event, Tab } from "@/api";
import { useRefresh } from "@/api/refresh";
import { formatTime } from "@/format";
import { places } from "@/rooms/events";
import { EmptyState, Money } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, SearchInput, type Column } from "@/ui/desk";
import { filtersOf, keys, useTabs } from "../queries";
import { sentences, tabStates } from "../words";
import classes from "./TabsPage.module.css";

const stateChoices = [{ value: "", label: "All" }, ...Object.entries(tabStates).map(([value, { label }]) => ({ value, label }))];

interface TabsPageProps {
  event: Event;
  /** The filters of the address. */
  search: Record<string, string>;
  onSearch: (search: Record<string, string>) => void;
}

export function TabsPage({ event, search, onSearch }: TabsPageProps) {
  const filters = filtersOf(search);
  const tabs = useTabs(event.id, filters);
  useRefresh(`event:${event.id}`, [keys.ofEvent(event.id)], { everyMs: 2_000 });
  const columns: Column<Tab>[] = [
    { label: "Tab", role: "title", cell: (tab) => tab.label },
    { label: "Orders", role: "meta", cell: (tab) => `${tab.order_count} ${tab.order_count === 1 ? "order" : "orders"}` },
    { label: "Last change", role: "meta", cell: (tab) => formatTime(tab.updated_ms, "moment", event.time_zone) },
    { label: "State", role: "meta", cell: (tab) => <Chip tone={tabStates[tab.state].tone}>{tabStates[tab.state].label}</Chip> },
    { label: "Total", role: "figure", cell: (tab) => <Money minor={tab.total_minor} currency={tab.currency} /> },
  ];
  const table = (rows: Tab[] | undefined) => (
    <Rows
      label="Tabs"
      columns={columns}
      rows={rows}
      id={(tab) => tab.id}
      to={(tab) => places.tab(event.id, tab.id)}
      onMore={tabs.hasNextPage ? () => void tabs.fetchNextPage() : undefined}
      moreBusy={tabs.isFetchingNextPage}
    />
  );
  return (
    <>
      <PageHead title="Tabs" />
      <div className={classes.filters}>
        <SearchInput key={event.id} label="Search by guest or tag" value={filters.q ?? ""} onSearch={(q) => onSearch({ ...filters, q })} />
        <SegmentedControl aria-label="State" size="md" data={stateChoices} value={filters.state ?? ""} onChange={(state) => onSearch({ ...filters, state })} />
      </div>
      <Panel flush>
        <Loaded query={tabs} ghost={table(undefined)}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.items);
            if (rows.length > 0) return table(rows);
            return <EmptyState {...(Object.keys(filters).length > 0 ? sentences.noMatch : sentences.noTabs)} />;
          }}
        </Loaded>
      </Panel>
    </>
  );
}
