// The basket: what is about to be sold, at the prices the guest is told. Pure.
import type { Modifier, ModifierGroup, Product } from "@/api";

export interface Chosen {
  modifier_id: string;
  name: string;
  price_minor: number;
}

export interface BasketLine {
  /** Same product with the same choices at the same prices: one line. */
  key: string;
  product_id: string;
  name: string;
  unit_price_minor: number;
  modifiers: Chosen[];
  quantity: number;
}

export type Basket = readonly BasketLine[];

/** As many of one line as the server takes. */
export const QUANTITY_MAX = 10_000;
/** As many lines as the server takes in one order. */
export const LINES_MAX = 100;

export function chosenOf(modifier: Modifier): Chosen {
  return { modifier_id: modifier.id, name: modifier.name, price_minor: modifier.price_minor };
}

function keyOf(product: Product, modifiers: Chosen[]): string {
  const choices = modifiers.map((chosen) => `${chosen.modifier_id}@${chosen.price_minor}`).sort();
  return [`${product.id}@${product.price_minor}`, ...choices].join("+");
}

/** Adds a product; what is in the basket already in the same form grows. A full basket stays as it is. */
export function add(basket: Basket, product: Product, modifiers: Chosen[] = [], quantity = 1): Basket {
  const key = keyOf(product, modifiers);
  if (basket.some((line) => line.key === key)) return step(basket, key, quantity);
  if (basket.length >= LINES_MAX) return basket;
  return [...basket, { key, product_id: product.id, name: product.name, unit_price_minor: product.price_minor, modifiers, quantity }];
}

/** More or fewer of a line; a line of which none is left goes away. */
export function step(basket: Basket, key: string, by: number): Basket {
  return basket
    .map((line) => (line.key === key ? { ...line, quantity: Math.min(QUANTITY_MAX, line.quantity + by) } : line))
    .filter((line) => line.quantity > 0);
}

/** What one line costs: never below nothing, whatever its modifiers take off. */
export function lineTotal(line: BasketLine): number {
  const unit = line.unit_price_minor + line.modifiers.reduce((sum, chosen) => sum + chosen.price_minor, 0);
  return line.quantity * Math.max(0, unit);
}

export function total(basket: Basket): number {
  return basket.reduce((sum, line) => sum + lineTotal(line), 0);
}

export function count(basket: Basket): number {
  return basket.reduce((sum, line) => sum + line.quantity, 0);
}

/** Takes or leaves a choice of a group. Where only one may be taken, taking another replaces it. */
export function toggle(chosen: readonly string[], group: ModifierGroup, modifierId: string): string[] {
  if (chosen.includes(modifierId)) return chosen.filter((id) => id !== modifierId);
  const ofGroup = new Set(group.modifiers.map((modifier) => modifier.id));
  if (group.max === 1) return [...chosen.filter((id) => !ofGroup.has(id)), modifierId];
  const taken = chosen.filter((id) => ofGroup.has(id)).length;
  return taken >= group.max ? [...chosen] : [...chosen, modifierId];
}

/** What a group asks of the person at the till: "choose 1", "up to 3". */
export function demand(group: ModifierGroup): string {
  if (group.min === group.max) return `choose ${group.min}`;
  if (group.min === 0) return group.max >= group.modifiers.length ? "as you like" : `up to ${group.max}`;
  return `choose ${group.min} to ${group.max}`;
}

/** The first group whose minimum is not reached yet. */
export function unmet(groups: readonly ModifierGroup[], chosen: readonly string[]): ModifierGroup | undefined {
  return groups.find((group) => group.modifiers.filter((modifier) => chosen.includes(modifier.id)).length < group.min);
}
