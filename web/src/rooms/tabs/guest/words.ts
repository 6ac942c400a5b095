// Every sentence the guest's page says, in one place.
import { Problem } from "@/api";

/** A flag is the bar's business. The guest is told what it means for them, and that they need not act. */
const flagWords: Record<string, string> = {
  clock_skew: "The till’s clock was off. The bar will put the time right.",
  tab_closed: "This came after the tab was closed. The bar will sort it out with you.",
  unknown_product: "The bar is checking one of these items. Nothing for you to do.",
};

export function flagSentence(code: string): string {
  return flagWords[code] ?? "The bar is having a second look at this order. Nothing for you to do.";
}

export function taxSentence(tax: string, included: boolean): string {
  return included ? `incl. ${tax} tax` : `with ${tax} tax added`;
}

export const help = "Something not right? Show this page to anyone at the bar.";

export const noOrders = {
  title: "Nothing on your tab yet",
  detail: "Hold your tag to the till when you order. It shows up here by itself.",
};

/** Why the link does not open, and what to do about it. Null when it is not the link's fault. */
export function linkTrouble(error: unknown): { title: string; detail: string } | null {
  if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) return null;
  return {
    title: "This link has run out",
    detail: "Links to a tab stop working some time after the night. Ask at the bar and they will give you a new one.",
  };
}
