// A guest's tab on a phone: what it comes to, large, and each order as it arrives.
import { useEffect, useState } from "react";
import { explain, useLiveState } from "@/api";
import { formatMoney, plural } from "@/format";
import { ErrorState, SchemeToggle } from "@/ui";
import { GuestFrame } from "./GuestFrame";
import classes from "./GuestTabPage.module.css";
import type { OrderPriced } from "./news";
import { OrderList, OrderListSkeleton } from "./OrderList";
import { useEvent, useStationNames, useTab, useTabNews, useTabOrders } from "./queries";
import { TabHero, TabHeroSkeleton } from "./TabHero";
import { ThumbBar } from "./ThumbBar";
import { help } from "./words";

interface GuestTabPageProps {
  tabId: string;
  eventId: string;
}

export function GuestTabPage({ tabId, eventId }: GuestTabPageProps) {
  const event = useEvent(eventId).data;
  const stations = useStationNames(eventId);
  const tab = useTab(tabId);
  const orders = useTabOrders(tabId);
  const live = useLiveState();
  const { arrivals, announcement, arrive } = useArrivals();
  useTabNews(tabId, arrive);
  useTitle(tab.data && event ? `${formatMoney(tab.data.total_minor, tab.data.currency)} · ${event.name}` : "Your tab");

  const failure = tab.error && !tab.data ? tab.error : null;
  if (failure) return <ErrorState {...explain(failure)} action="Try again" onAction={() => void tab.refetch()} busy={tab.isFetching} fill />;
  return (
    <GuestFrame event={event} live={live}>
      {tab.data ? <TabHero tab={tab.data} event={event} /> : <TabHeroSkeleton />}
      {orders.data && tab.data ? (
        <>
          <OrderList orders={orders.data} arrivals={arrivals} stations={stations} timeZone={event?.time_zone} />
          <footer className={classes.foot}>
            <span>{help}</span>
            <SchemeToggle />
          </footer>
        </>
      ) : (
        <OrderListSkeleton />
      )}
      {tab.data && <ThumbBar tab={tab.data} live={live} />}
      <div className="visually-hidden" aria-live="polite">
        {announcement}
      </div>
    </GuestFrame>
  );
}

/** Remembers which orders came while the page was open, to light them up, and what to say about the last one. */
function useArrivals() {
  const [arrivals, setArrivals] = useState<ReadonlySet<string>>(new Set());
  const [announcement, setAnnouncement] = useState("");
  const arrive = (news: OrderPriced) => {
    setArrivals((before) => new Set([...before, news.order_id]));
    const things = news.lines.map((line) => `${line.quantity} ${line.name}`).join(", ");
    setAnnouncement(`New on your tab: ${things || plural(1, "order")}, ${formatMoney(news.total_minor, news.currency)}.`);
  };
  return { arrivals, announcement, arrive };
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}
