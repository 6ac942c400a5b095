// What the office says about tabs, in one place.
import type { Tab } from "@/api";
import type { Tone } from "@/ui/desk";

export const tabStates: Record<Tab["state"], { label: string; tone: Tone }> = {
  open: { label: "Open", tone: "good" },
  closing: { label: "Closing", tone: "busy" },
  closed: { label: "Closed", tone: "note" },
};

/** The moves the office offers from each state. */
export const moves: Record<Tab["state"], { to: Tab["state"]; label: string }[]> = {
  open: [{ to: "closing", label: "Begin to close" }],
  closing: [
    { to: "closed", label: "Close it" },
    { to: "open", label: "Open again" },
  ],
  closed: [{ to: "open", label: "Open again" }],
};

export const sentences = {
  noTabs: { title: "No tabs yet", detail: "A tab opens by itself with a guest's first order." },
  noMatch: { title: "No tab matches", detail: "Search for a part of the guest's name, or for the tag." },
  noOrders: { title: "Nothing on this tab", detail: "Orders show up here by themselves." },
  link: "Whoever has this link sees this tab, live, and nothing else. It works for a week.",
  linkOnce: "The link is shown only now. A new one can be made at any time.",
  unclaimed: "Nobody wears this tag yet. Bind it to a guest and the tab becomes theirs.",
};
