// What is said about orders, in one place.
import { formatAge } from "@/format";

/** Each flag as a person in the office reads it: what happened, in few words. */
const flags: Record<string, string> = {
  clock_skew: "Clock was off",
  device_revoked: "Till was unpaired",
  price_mismatch: "Another price",
  tab_closed: "Tab was closed",
  total_mismatch: "Total does not add up",
  unknown_product: "Unknown product",
  unknown_tag: "Unknown tag",
};

export function flagLabel(code: string): string {
  return flags[code] ?? code.replaceAll("_", " ");
}

export const flagChoices = [{ value: "any", label: "Any flag" }, ...Object.entries(flags).map(([value, label]) => ({ value, label }))];

export const sentences = {
  noOrders: { title: "No orders yet", detail: "They show up here by themselves as soon as a till sells." },
  noMatch: { title: "No order matches", detail: "Take a filter away, or search for a part of the receipt's number." },
  noneNeeded: { title: "Nobody is needed", detail: "Whatever a device sends that cannot become an order is kept here, whole, for a person to look at." },
};

/** How long an order took from being accepted to being on its tab. */
export function tookSentence(acceptedMs: number, processedMs: number): string {
  const took = Math.max(0, processedMs - acceptedMs);
  return took < 10_000 ? `on the tab after ${took} ms` : `on the tab after ${formatAge(took)}`;
}
