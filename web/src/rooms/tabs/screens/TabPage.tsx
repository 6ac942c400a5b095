// One tab: what it comes to, its orders, and a link with which the guest sees it too.
import { Button, Skeleton } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconQrcode } from "@tabler/icons-react";
import type { Event, Tab } from "@/api";
import { useRefresh } from "@/api/refresh";
import { formatCount, formatTime } from "@/format";
import { places, useStations } from "@/rooms/events";
import { OrderTable, useOrdersOfTab } from "@/rooms/orders";
import { useMay } from "@/rooms/people";
import { EmptyState, Money } from "@/ui";
import { Chip, Figures, Go, Loaded, PageHead, Panel } from "@/ui/desk";
import { GuestLinkCard } from "../parts/GuestLinkCard";
import { keys, useMoveTab, useTab } from "../queries";
import { moves, sentences, tabStates } from "../words";
import classes from "./TabsPage.module.css";

export function TabPage({ event, tabId }: { event: Event; tabId: string }) {
  const tab = useTab(tabId);
  useRefresh(`tab:${tabId}`, [keys.tab(tabId)], { everyMs: 800 });
  return (
    <>
      <PageHead title={tab.data ? tab.data.label : "Tab"} back={{ to: places.tabs(event.id), label: "Tabs" }} about={tab.data ? <TabAbout tab={tab.data} event={event} /> : "\u00a0"}>
        {tab.data ? <TabActions tab={tab.data} /> : <ActionsGhost />}
      </PageHead>
      <Loaded query={tab} ghost={<Figures figures={["Total", "Tax in it", "Orders", "State"].map((label) => ({ label, value: "–" }))} />}>
        {(data) => <TabFigures tab={data} />}
      </Loaded>
      <div className={classes.orders}>
        <TabOrders tabId={tabId} event={event} />
      </div>
    </>
  );
}

function TabAbout({ tab, event }: { tab: Tab; event: Event }) {
  return (
    <>
      Open since {formatTime(tab.opened_ms, "moment", event.time_zone)}
      {tab.attendee_id !== null ? (
        <>
          {" · "}
          <Go to={places.guest(event.id, tab.attendee_id)}>The guest</Go>
        </>
      ) : (
        ` · ${sentences.unclaimed}`
      )}
    </>
  );
}

/** Holds the place of the buttons, so that nothing jumps when they come. */
function ActionsGhost() {
  const may = useMay();
  if (!may("tabs:write")) return null;
  return (
    <>
      <Skeleton width={148} height={44} radius="md" />
      <Skeleton width={186} height={44} radius="md" />
    </>
  );
}

function TabActions({ tab }: { tab: Tab }) {
  const may = useMay();
  const move = useMoveTab(tab);
  if (!may("tabs:write")) return null;
  const share = () => modals.open({ title: <b>A link for {tab.label}</b>, centered: true, children: <GuestLinkCard tabId={tab.id} /> });
  return (
    <>
      {moves[tab.state].map((one) => (
        <Button key={one.to} variant="default" loading={move.busy} onClick={() => move.run(one.to)}>
          {one.label}
        </Button>
      ))}
      <Button leftSection={<IconQrcode size={18} />} onClick={() => share()}>
        Link for the guest
      </Button>
    </>
  );
}

function TabFigures({ tab }: { tab: Tab }) {
  return (
    <Figures
      figures={[
        { label: "Total", value: <Money minor={tab.total_minor} currency={tab.currency} />, testId: "tab-total" },
        { label: "Tax in it", value: <Money minor={tab.tax_minor} currency={tab.currency} /> },
        { label: "Orders", value: formatCount(tab.order_count) },
        { label: "State", value: <Chip tone={tabStates[tab.state].tone}>{tabStates[tab.state].label}</Chip> },
      ]}
    />
  );
}

function TabOrders({ tabId, event }: { tabId: string; event: Event }) {
  const orders = useOrdersOfTab(tabId);
  const stations = useStations(event.id).data ?? [];
  const names = new Map(stations.map((station) => [station.id, station.name]));
  return (
    <Panel title="Orders" flush>
      <Loaded query={orders} ghost={<OrderTable event={event} orders={undefined} stations={names} oneTab />}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          if (rows.length === 0) return <EmptyState {...sentences.noOrders} />;
          const more = orders.hasNextPage ? () => void orders.fetchNextPage() : undefined;
          return <OrderTable event={event} orders={rows} stations={names} oneTab onMore={more} moreBusy={orders.isFetchingNextPage} />;
        }}
      </Loaded>
    </Panel>
  );
}
