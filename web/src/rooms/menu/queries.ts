// What is asked about a menu, and what is changed on it. Every change is a new version; tills fetch it by themselves.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Category, type Menu, type Modifier, type ModifierGroup, type Product, type TaxClass } from "@/api";
import { formatMoney } from "@/format";
import { useAct } from "@/ui/desk";
import { starterPrice, type Starter } from "./starters";
import { sentences } from "./words";

export const menuKey = (eventId: string) => ["menu", eventId];

export function useMenu(eventId: string) {
  const api = useApi();
  return useQuery({
    queryKey: menuKey(eventId),
    queryFn: (): Promise<Menu> => unwrap(api.GET("/v1/events/{event_id}/menu", { params: { path: { event_id: eventId } } })),
  });
}

export type ProductValues = Pick<Product, "name" | "price_minor" | "category_id" | "tax_class_id" | "modifier_group_ids">;

export function useAddProduct(eventId: string, onDone: () => void) {
  const api = useApi();
  const add = (body: ProductValues) => unwrap(api.POST("/v1/events/{event_id}/products", { params: { path: { event_id: eventId } }, body }));
  return useAct(add, { quiet: true, touches: [menuKey(eventId)], onDone, done: (product) => `${product.name} is on the menu.` });
}

/** Changes a product; a new price or a product taken off sale can be taken back for a few seconds. */
export function useChangeProduct(eventId: string, product: Product, currency: string, onDone?: () => void) {
  const api = useApi();
  const change = (body: Partial<ProductValues> & { active?: boolean }) => unwrap(api.PATCH("/v1/products/{product_id}", { params: { path: { product_id: product.id } }, body }));
  const { name, price_minor, category_id, tax_class_id, modifier_group_ids, active } = product;
  return useAct(change, {
    touches: [menuKey(eventId)],
    done: (after) => ({
      text: changeSentence(product, after, currency),
      undo: () => change({ name, price_minor, category_id, tax_class_id, modifier_group_ids, active }),
    }),
    ...(onDone ? { onDone } : {}),
  });
}

function changeSentence(before: Product, after: Product, currency: string): string {
  if (before.active !== after.active) return `${after.name} is ${after.active ? "on sale again" : "off sale"}.`;
  if (before.price_minor !== after.price_minor) return `${after.name} now costs ${formatMoney(after.price_minor, currency)}.`;
  return `${after.name} is changed.`;
}

export type CategoryValues = Pick<Category, "name" | "color">;

/** Adds a category, or changes the one with this id. */
export function useSaveCategory(eventId: string, categoryId: string | undefined, onDone: () => void) {
  const api = useApi();
  const save = (body: CategoryValues): Promise<Category> =>
    categoryId === undefined
      ? unwrap(api.POST("/v1/events/{event_id}/categories", { params: { path: { event_id: eventId } }, body }))
      : unwrap(api.PATCH("/v1/categories/{category_id}", { params: { path: { category_id: categoryId } }, body }));
  return useAct(save, { quiet: true, touches: [menuKey(eventId)], onDone });
}

export interface TaxValues {
  id?: string;
  name: string;
  rates: { code: string; name: string; ppm: number }[];
}

/** Adds a tax class, or replaces the one with the id given. */
export function useSaveTaxClass(eventId: string, onDone: (saved: TaxClass) => void) {
  const api = useApi();
  const save = (body: TaxValues) => unwrap(api.POST("/v1/events/{event_id}/tax-classes", { params: { path: { event_id: eventId } }, body }));
  return useAct(save, { quiet: true, touches: [menuKey(eventId)], onDone });
}

export interface GroupValues {
  id?: string;
  name: string;
  min: number;
  max: number;
  modifiers: { id?: string; name: string; price_minor: number; active?: boolean }[];
}

export function useSaveGroup(eventId: string, onDone: (saved: ModifierGroup) => void) {
  const api = useApi();
  const save = (body: GroupValues) => unwrap(api.POST("/v1/events/{event_id}/modifier-groups", { params: { path: { event_id: eventId } }, body }));
  return useAct(save, { quiet: true, touches: [menuKey(eventId)], onDone });
}

export function useSwitchModifier(eventId: string, modifier: Modifier) {
  const api = useApi();
  const change = (active: boolean) => unwrap(api.PATCH("/v1/modifiers/{modifier_id}", { params: { path: { modifier_id: modifier.id } }, body: { active } }));
  return useAct(change, {
    touches: [menuKey(eventId)],
    done: (after) => ({ text: `${after.name} is ${after.active ? "on sale again" : sentences.off.toLowerCase()}.`, undo: () => change(modifier.active) }),
  });
}

/** Puts a ready-made menu on an event. Things are matched by name, so doing it again changes nothing. */
export function useUseStarter(eventId: string, onDone: () => void) {
  const api = useApi();
  const use = ({ starter, currency, taxPpm }: { starter: Starter; currency: string; taxPpm: number }) =>
    unwrap(api.POST("/v1/events/{event_id}/menu/import", { params: { path: { event_id: eventId } }, body: menuOf(starter, currency, taxPpm) }));
  return useAct(use, { quiet: true, touches: [menuKey(eventId)], onDone });
}

function menuOf(starter: Starter, currency: string, taxPpm: number) {
  const tax = taxPpm > 0 ? { name: "Standard", rates: [{ code: "STD", name: `Tax ${taxPpm / 10_000} %`, ppm: taxPpm }] } : null;
  return {
    tax_classes: tax ? [tax] : [],
    categories: starter.categories.map(({ name, color }) => ({ name, color })),
    modifier_groups: starter.groups.map((group) => ({ ...group, modifiers: group.modifiers.map(({ name, tenths }) => ({ name, price_minor: starterPrice(tenths, currency) })) })),
    products: starter.categories.flatMap((category) =>
      category.products.map((product) => ({
        name: product.name,
        price_minor: starterPrice(product.tenths, currency),
        category_id: category.name,
        tax_class_id: tax?.name ?? null,
        modifier_group_ids: product.group === undefined ? [] : [product.group],
      })),
    ),
  };
}
