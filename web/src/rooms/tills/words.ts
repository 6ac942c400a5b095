// Every sentence the till says, in one place.
import type { SaleState } from "./sale";

export const stateWords: Record<SaleState, string> = {
  waiting: "Not sent yet",
  accepted: "Accepted",
  on_tab: "On the tab",
  refused: "Needs a person",
};

/** What a flag asks of the person at the till. */
const flagWords: Record<string, string> = {
  clock_skew: "This till’s clock is wrong. Set it to automatic time in the device’s settings.",
  price_mismatch: "The menu’s price has changed meanwhile. The guest pays what you told them.",
  tab_closed: "This guest’s tab was closed already. The office has been told.",
  total_mismatch: "The lines do not add up to the total. The office has been told.",
  unknown_product: "The menu no longer has one of these products. The office has been told.",
  unknown_tag: "Nobody is registered with this tag yet. Send the guest to the door; the sale waits for them.",
};

export function flagSentence(code: string): string {
  return flagWords[code] ?? "The office will look at this sale. Nothing for you to do.";
}

export const waitingWords = {
  title: "Kept on this till",
  detail: "No answer from the server. The sale is safe here and is sent again by itself; the guest will not pay twice.",
};

export const revokedWords = {
  title: "This till was unpaired",
  detail: "Somebody in the office has taken its access away. Sales not sent yet are kept, and go out once the till is paired again with a code from the office.",
};
