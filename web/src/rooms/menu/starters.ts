// Ready-made menus to start from: a bar, a festival, a café. Prices are round and in proportion; everything can be changed.
import { exponentOf } from "@/format";

export interface StarterProduct {
  name: string;
  /** In tenths of what a beer costs, so that one list serves every currency. */
  tenths: number;
  group?: string;
}

export interface StarterCategory {
  name: string;
  color: string;
  products: StarterProduct[];
}

export interface StarterGroup {
  name: string;
  min: number;
  max: number;
  modifiers: { name: string; tenths: number }[];
}

export interface Starter {
  id: string;
  name: string;
  about: string;
  categories: StarterCategory[];
  groups: StarterGroup[];
}

const size: StarterGroup = { name: "Size", min: 1, max: 1, modifiers: [{ name: "Small", tenths: 0 }, { name: "Large", tenths: 4 }] };
const mixer: StarterGroup = { name: "Mixer", min: 0, max: 1, modifiers: [{ name: "Tonic", tenths: 5 }, { name: "Soda", tenths: 3 }, { name: "Cola", tenths: 5 }] };
const milk: StarterGroup = { name: "Milk", min: 0, max: 1, modifiers: [{ name: "Oat milk", tenths: 1 }, { name: "Lactose-free", tenths: 1 }] };

export const starters: Starter[] = [
  {
    id: "bar",
    name: "Bar",
    about: "Beer, wine, long drinks, soft drinks",
    groups: [size, mixer],
    categories: [
      { name: "Beer", color: "#f2a31f", products: [{ name: "Pilsner", tenths: 10, group: "Size" }, { name: "Pale ale", tenths: 11, group: "Size" }, { name: "Wheat beer", tenths: 11 }, { name: "Alcohol-free beer", tenths: 9 }] },
      { name: "Wine", color: "#e84a3d", products: [{ name: "White wine", tenths: 14 }, { name: "Red wine", tenths: 14 }, { name: "Sparkling wine", tenths: 15 }] },
      { name: "Spirits", color: "#8e5fc4", products: [{ name: "Gin", tenths: 16, group: "Mixer" }, { name: "Vodka", tenths: 15, group: "Mixer" }, { name: "Rum", tenths: 16, group: "Mixer" }] },
      { name: "Soft drinks", color: "#3a8bc4", products: [{ name: "Cola", tenths: 8 }, { name: "Lemonade", tenths: 8 }, { name: "Water", tenths: 6 }] },
    ],
  },
  {
    id: "festival",
    name: "Festival",
    about: "Fast drinks, food from the stall, merch",
    groups: [],
    categories: [
      { name: "Drinks", color: "#f2a31f", products: [{ name: "Beer", tenths: 10 }, { name: "Radler", tenths: 10 }, { name: "Spritz", tenths: 16 }, { name: "Soft drink", tenths: 8 }, { name: "Water", tenths: 6 }] },
      { name: "Food", color: "#4eac40", products: [{ name: "Fries", tenths: 10 }, { name: "Burger", tenths: 20 }, { name: "Veggie burger", tenths: 20 }, { name: "Falafel", tenths: 17 }] },
      { name: "Merch", color: "#5c5146", products: [{ name: "T-shirt", tenths: 55 }, { name: "Tote bag", tenths: 30 }, { name: "Cup deposit", tenths: 4 }] },
    ],
  },
  {
    id: "cafe",
    name: "Café",
    about: "Coffee, cake, cold drinks",
    groups: [milk],
    categories: [
      { name: "Coffee", color: "#8a6d4b", products: [{ name: "Espresso", tenths: 6, group: "Milk" }, { name: "Cappuccino", tenths: 8, group: "Milk" }, { name: "Flat white", tenths: 9, group: "Milk" }, { name: "Filter coffee", tenths: 7, group: "Milk" }] },
      { name: "Cake", color: "#d2699a", products: [{ name: "Cheesecake", tenths: 10 }, { name: "Brownie", tenths: 8 }, { name: "Croissant", tenths: 6 }] },
      { name: "Cold drinks", color: "#3a8bc4", products: [{ name: "Lemonade", tenths: 9 }, { name: "Iced tea", tenths: 9 }, { name: "Water", tenths: 6 }] },
    ],
  },
];

/** What a beer costs somewhere near there, in major units; half a step is one tenth of it. Others start at 5. */
const beers: Record<string, number> = {
  AED: 45, AUD: 11, BRL: 15, CAD: 8, CHF: 7, CNY: 40, CZK: 70, DKK: 50, GBP: 6, HKD: 70, HUF: 1000, IDR: 60000, ILS: 30, INR: 300, ISK: 1400, JPY: 700,
  KRW: 8000, KWD: 2, MXN: 60, MYR: 20, NOK: 100, NZD: 11, PHP: 150, PLN: 16, RON: 15, RSD: 350, SEK: 80, SGD: 12, THB: 120, TRY: 150, TWD: 150, UAH: 100,
  USD: 7, VND: 40000, ZAR: 45,
};

/** The price of something that costs `tenths` of a beer, in minor units, rounded to what people are used to. */
export function starterPrice(tenths: number, currency: string): number {
  const beer = (beers[currency] ?? 5) * 10 ** exponentOf(currency);
  const step = Math.max(1, 10 ** Math.floor(Math.log10(beer / 10)));
  return Math.round((beer * tenths) / 10 / step) * step;
}

const rateByZone: Record<string, number> = {
  "Europe/Berlin": 19, "Europe/Vienna": 20, "Europe/Zurich": 8.1, "Europe/Paris": 20, "Europe/Madrid": 10, "Europe/Rome": 22, "Europe/Lisbon": 23,
  "Europe/Amsterdam": 21, "Europe/Brussels": 21, "Europe/London": 20, "Europe/Dublin": 23, "Europe/Copenhagen": 25, "Europe/Stockholm": 25, "Europe/Oslo": 25,
  "Europe/Helsinki": 25.5, "Europe/Warsaw": 23, "Europe/Prague": 21, "Australia/Sydney": 10, "Pacific/Auckland": 15, "Asia/Tokyo": 10, "Asia/Singapore": 9,
};

/** A tax rate to begin with, in percent; 0 where we do not know. It is a guess, and the page says so. */
export function usualTaxPercent(timeZone: string): number {
  return rateByZone[timeZone] ?? 0;
}
