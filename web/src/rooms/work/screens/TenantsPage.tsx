// Tenants: what of each waits, runs and died, what it used this month, where it is held.
import { IconBuildingStore } from "@tabler/icons-react";
import type { TenantFigures, Used } from "@/api";
import { formatCount } from "@/format";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, SearchInput, useAddress, type Column } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { useUsage } from "../running";
import { useTenants } from "../tenants";
import { formatSeconds, places, sentences, waited } from "../words";

function columnsAt(nowMs: number, used: ReadonlyMap<string, Used>): Column<TenantFigures>[] {
  return [
    { label: "Tenant", role: "title", cell: (one) => one.tenant },
    { label: "Waiting", role: "figure", cell: (one) => `${formatCount(one.ready + one.waiting)} waiting` },
    { label: "Oldest waits", role: "meta", cell: (one) => (one.oldest_ms === null ? "" : <span>for {waited(one.oldest_ms, nowMs)}</span>) },
    { label: "Later", role: "meta", cell: (one) => <span>{formatCount(one.scheduled)} later</span> },
    { label: "In work", role: "meta", cell: (one) => <span>{formatCount(one.leased)} in work</span> },
    { label: "Dead", role: "meta", cell: (one) => <span>{formatCount(one.dead)} dead</span> },
    { label: "Used this month", role: "meta", cell: (one) => <span>{formatSeconds(used.get(one.tenant)?.wall_us ?? 0)} used</span> },
    { label: "Held", role: "meta", cell: (one) => (one.held.length > 0 ? <Chip tone="busy">Held</Chip> : "") },
  ];
}

export function TenantsPage() {
  const tenants = useTenants();
  const usage = useUsage("tenant");
  const { search, narrow } = useAddress();
  const q = (search["q"] ?? "").toLowerCase();
  const used = new Map((usage.data?.items ?? []).map((one) => [one.tenant, one]));
  const table = (rows: TenantFigures[] | undefined, nowMs: number) => (
    <Panel flush>
      <Rows label="Tenants" columns={columnsAt(nowMs, used)} rows={rows} id={(one) => one.tenant} to={(one) => places.tenant(one.tenant)} expect={4} />
    </Panel>
  );
  const about = tenants.data?.whole === false ? "There is more than is looked at each time: each has at least so many." : "Those with most work first.";
  return (
    <>
      <PageHead title="Tenants" about={tenants.data ? about : "\u00a0"} />
      <div className={classes.filters}>
        <SearchInput label="Search tenants" value={search["q"] ?? ""} onSearch={(text) => narrow({ q: text })} />
      </div>
      <Loaded query={tenants} ghost={table(undefined, 0)}>
        {({ items, as_of_ms }) => {
          const rows = items.filter((one) => one.tenant.toLowerCase().includes(q));
          return rows.length > 0 ? table(rows, as_of_ms) : <EmptyState {...sentences.noTenants} icon={<IconBuildingStore size={32} stroke={1.6} />} />;
        }}
      </Loaded>
    </>
  );
}
