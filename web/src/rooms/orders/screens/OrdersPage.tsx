// The orders of an event as they come in; searched by receipt, narrowed by state, flag and station.
import { Select } from "@mantine/core";
import type { Event } from "@/api";
import { useRefresh } from "@/api/refresh";
import { places, useStations } from "@/rooms/events";
import { EmptyState } from "@/ui";
import { Go, Loaded, PageHead, Panel, SearchInput } from "@/ui/desk";
import { OrderTable } from "../parts/OrderTable";
import { filtersOf, keys, useOrders, type OrderFilters } from "../queries";
import { flagChoices, sentences } from "../words";
import classes from "./OrdersPage.module.css";

const stateChoices = [
  { value: "accepted", label: "On its way" },
  { value: "processed", label: "On the tab" },
];

interface OrdersPageProps {
  event: Event;
  /** The filters of the address. */
  search: Record<string, string>;
  onSearch: (search: Record<string, string>) => void;
}

export function OrdersPage({ event, search, onSearch }: OrdersPageProps) {
  const filters = filtersOf(search);
  const orders = useOrders(event.id, filters);
  const stations = useStations(event.id).data ?? [];
  useRefresh(`event:${event.id}`, [keys.ofEvent(event.id)], { everyMs: 2_000 });
  const names = new Map(stations.map((station) => [station.id, station.name]));
  const narrow = (change: Partial<Record<keyof OrderFilters, string | null>>) => onSearch(cleaned({ ...filters, ...change }));
  const filtered = Object.keys(filters).length > 0;
  return (
    <>
      <PageHead title="Orders">
        <Go to={places.needsPerson(event.id)} className={classes.needs}>
          Needs a person
        </Go>
      </PageHead>
      <div className={classes.filters}>
        <div className={classes.search}>
          <SearchInput key={event.id} label="Search by receipt" value={filters.q ?? ""} onSearch={(q) => narrow({ q })} />
        </div>
        <Filter label="State" all="Any state" choices={stateChoices} value={filters.state} onChange={(state) => narrow({ state })} />
        <Filter label="Flag" all="Flagged or not" choices={flagChoices} value={filters.flag} onChange={(flag) => narrow({ flag })} />
        <Filter label="Station" all="All stations" choices={stations.map(({ id, name }) => ({ value: id, label: name }))} value={filters.station_id} onChange={(station_id) => narrow({ station_id })} />
      </div>
      <Panel flush>
        <Loaded query={orders} ghost={<OrderTable event={event} orders={undefined} stations={names} />}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.items);
            if (rows.length === 0) return <EmptyState {...(filtered ? sentences.noMatch : sentences.noOrders)} />;
            const more = orders.hasNextPage ? () => void orders.fetchNextPage() : undefined;
            return <OrderTable event={event} orders={rows} stations={names} onMore={more} moreBusy={orders.isFetchingNextPage} />;
          }}
        </Loaded>
      </Panel>
    </>
  );
}

interface FilterProps {
  label: string;
  all: string;
  choices: { value: string; label: string }[];
  value: string | undefined;
  onChange: (value: string | null) => void;
}

const ALL = "all";

function Filter({ label, all, choices, value = ALL, onChange }: FilterProps) {
  return <Select aria-label={label} allowDeselect={false} data={[{ value: ALL, label: all }, ...choices]} value={value} onChange={(chosen) => onChange(chosen === ALL ? null : chosen)} />;
}

/** Filters that say nothing are not in the address. */
function cleaned(filters: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
