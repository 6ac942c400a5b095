// A sale of this till: the order as it is sent, always the same at every attempt, and what became of it. Pure.
import { newId, type Flag, type NewOrder, type OrderResult } from "@/api";
import { total, type Basket } from "./basket";

/**
 * waiting   not answered yet: kept here and sent again until it is
 * accepted  the server has it on disk
 * on_tab    priced and on the guest's tab
 * refused   the server cannot take it as an order; a person has to look
 */
export type SaleState = "waiting" | "accepted" | "on_tab" | "refused";

export interface Sale {
  order: NewOrder;
  basket: Basket;
  state: SaleState;
  madeMs: number;
  receipt: string | null;
  flags: Flag[];
  /** Why it was refused, or why it still waits. */
  trouble: { title: string; detail: string } | null;
  /** What the guest's tab came to with this sale. */
  tabTotalMinor: number | null;
}

export interface Charge {
  basket: Basket;
  tagUid: string;
  currency: string;
  catalogVersion: number;
  eventId: string;
  stationId: string;
}

/** Makes the sale that will be sent. `deviceSeq` counts the sales of this till without gaps. */
export function makeSale(charge: Charge, deviceSeq: number, nowMs: number): Sale {
  const order: NewOrder = {
    id: newId(nowMs),
    schema: 1,
    device_seq: deviceSeq,
    device_time_ms: nowMs,
    event_id: charge.eventId,
    station_id: charge.stationId,
    tag: { uid: charge.tagUid },
    currency: charge.currency,
    catalog_version: charge.catalogVersion,
    lines: charge.basket.map((line) => ({
      product_id: line.product_id,
      name: line.name,
      quantity: line.quantity,
      unit_price_minor: line.unit_price_minor,
      modifiers: line.modifiers,
    })),
    total_minor: total(charge.basket),
  };
  return { order, basket: charge.basket, state: "waiting", madeMs: nowMs, receipt: null, flags: [], trouble: null, tabTotalMinor: null };
}

/** The sale after the server's answer. A duplicate is a success: an earlier attempt had arrived. */
export function answered(sale: Sale, result: OrderResult): Sale {
  if (result.result === "invalid") return { ...sale, state: "refused", trouble: troubleOf(result.problem) };
  const state = sale.state === "on_tab" ? "on_tab" : "accepted";
  return { ...sale, state, receipt: result.receipt ?? null, flags: result.flags ?? [], trouble: null };
}

function troubleOf(problem: OrderResult["problem"]): { title: string; detail: string } {
  const { title, detail, errors } = (problem ?? {}) as { title?: string; detail?: string; errors?: { cure?: string }[] };
  const sentences = [detail, errors?.[0]?.cure].filter(Boolean).map((text) => sentence(text ?? ""));
  return { title: title ?? "The server cannot take this sale", detail: sentences.join(" ") };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** What the live channel and the list of orders tell about a sale. */
export interface Priced {
  order_id: string;
  receipt: string | null;
  flags: Flag[];
  tab_total_minor?: number;
}

/** The sale once it is on the tab. The news may overtake the answer, so it counts from any state. */
export function priced(sale: Sale, news: Priced): Sale {
  return {
    ...sale,
    state: "on_tab",
    receipt: news.receipt ?? sale.receipt,
    flags: news.flags,
    trouble: null,
    tabTotalMinor: news.tab_total_minor ?? sale.tabTotalMinor,
  };
}
