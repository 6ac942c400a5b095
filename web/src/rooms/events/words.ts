// What is said about events, stations and tills, in one place.
import type { Event, Station } from "@/api";
import { formatTime } from "@/format";
import type { Tone } from "@/ui/desk";

export const eventStates: Record<Event["state"], { label: string; tone: Tone }> = {
  draft: { label: "Draft", tone: "still" },
  open: { label: "Open", tone: "good" },
  closed: { label: "Closed", tone: "note" },
};

export const stationKinds: { value: Station["kind"]; label: string }[] = [
  { value: "bar", label: "Bar" },
  { value: "kitchen", label: "Kitchen" },
  { value: "merch", label: "Merchandise" },
  { value: "door", label: "Door" },
];

export function kindLabel(kind: Station["kind"]): string {
  return stationKinds.find((one) => one.value === kind)?.label ?? kind;
}

export const roundings: Record<Event["rounding_scope"], string> = { line: "On each line", document: "On the whole order" };

/** "Sat, 4 Jul · 18:00–04:00", in the event's own time. */
export function whenOf(event: Event): string {
  const day = formatTime(event.starts_ms, "day", event.time_zone);
  return `${day} · ${formatTime(event.starts_ms, "time", event.time_zone)}–${formatTime(event.ends_ms, "time", event.time_zone)}`;
}

export const sentences = {
  noEvents: { title: "No events yet", detail: "An event has a menu, tills and tabs of its own. The first one takes two minutes." },
  nothingToSee: { title: "No events yet", detail: "Ask an owner or a manager to plan one." },
  noStations: { title: "No stations yet", detail: "A station is where things are sold: a bar, a kitchen, a door. Tills are paired to one." },
  noTills: { title: "No tills yet", detail: "Any phone, tablet or laptop with a browser becomes a till with a code." },
  pairing: "On the device, scan this or open the address and type the code. It works once, for ten minutes.",
  open: { title: "Open this event?", detail: "Currency and the way of counting tax are fixed from then on, because orders are priced by them.", deed: "Open it" },
  close: { title: "Close this event?", detail: "A closed event is never opened again. Orders that tills still hold are taken all the same.", deed: "Close it" },
  revoke: (name: string) => ({
    title: `Unpair ${name}?`,
    detail: "It stops selling at once. Sales it made before and has not sent yet are still taken, with a flag. To use it again, pair it anew.",
    deed: "Unpair it",
  }),
};
