// What live news says about a tab, turned into what the page shows. Pure: the present and the news in, the future out.
import type { Flag, Order, Tab } from "@/api";

/** The data of `order.priced`: the order, and the tab's figures with it. */
export interface OrderPriced {
  order_id: string;
  tab_id: string;
  station_id: string | null;
  total_minor: number;
  currency: string;
  tab_total_minor: number;
  tab_tax_minor: number;
  tab_order_count: number;
  tab_version: number;
  lines: { name: string; quantity: number; gross_minor: number }[];
  flags: Flag[];
  accepted_ms: number;
  processed_ms: number;
}

/** An order as far as its guest is concerned. */
export interface GuestOrder {
  id: string;
  pending: boolean;
  stationId: string | null;
  acceptedMs: number;
  totalMinor: number;
  currency: string;
  flag: string | null;
  lines: { name: string; quantity: number; grossMinor: number; modifiers: string[] }[];
}

/** The tab after this news; news older than what is shown changes nothing. */
export function tabAfter(tab: Tab, news: OrderPriced): Tab {
  if (news.tab_version <= tab.version) return tab;
  return {
    ...tab,
    version: news.tab_version,
    total_minor: news.tab_total_minor,
    tax_minor: news.tab_tax_minor,
    order_count: news.tab_order_count,
    updated_ms: news.processed_ms,
  };
}

/** The orders after this news, newest first, and whether it told of one that was not there before. */
export function ordersAfter(orders: GuestOrder[], news: OrderPriced): { orders: GuestOrder[]; arrived: boolean } {
  const before = orders.find((order) => order.id === news.order_id);
  if (before && !before.pending) return { orders, arrived: false };
  const told = toldBy(news, before);
  return { orders: newestFirst([told, ...orders.filter((order) => order !== before)]), arrived: !before };
}

/** News is short: modifiers are not in it, so what was known of a line before is kept. */
function toldBy(news: OrderPriced, before: GuestOrder | undefined): GuestOrder {
  return {
    id: news.order_id,
    pending: false,
    stationId: news.station_id,
    acceptedMs: news.accepted_ms,
    totalMinor: news.total_minor,
    currency: news.currency,
    flag: news.flags[0]?.code ?? null,
    lines: news.lines.map((line, index) => ({
      name: line.name,
      quantity: line.quantity,
      grossMinor: line.gross_minor,
      modifiers: before?.lines[index]?.modifiers ?? [],
    })),
  };
}

/** An order as the server lists it. */
export function listed(order: Order): GuestOrder {
  return {
    id: order.id,
    pending: order.state === "accepted",
    stationId: order.station_id,
    acceptedMs: order.accepted_ms,
    totalMinor: order.total_minor,
    currency: order.currency,
    flag: order.flags[0]?.code ?? null,
    lines: order.lines.map((line) => ({
      name: line.name,
      quantity: line.quantity,
      grossMinor: line.gross_minor,
      modifiers: line.modifiers.map((modifier) => modifier.name),
    })),
  };
}

export function newestFirst(orders: GuestOrder[]): GuestOrder[] {
  return orders.toSorted((one, other) => other.acceptedMs - one.acceptedMs || (one.id < other.id ? 1 : -1));
}
