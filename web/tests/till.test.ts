// What a till works out by itself: the basket, the rules of modifiers, the reader among the keys, ids.
import { describe, expect, it } from "vitest";
import { newId, type ModifierGroup, type Product } from "@/api";
import { add, chosenOf, count, demand, LINES_MAX, lineTotal, step, toggle, total, unmet, type Basket } from "@/rooms/tills/basket";
import { answered, makeSale, priced } from "@/rooms/tills/sale";
import { tidyTag, Wedge } from "@/rooms/tills/wedge";

function product(id: string, price_minor: number): Product {
  return { id, name: id, category_id: "c", price_minor, tax_class_id: null, active: true, position: 0, modifier_group_ids: [] };
}

const pils = product("pils", 520);
const gin = product("gin", 980);
const double = chosenOf({ id: "double", name: "Double", price_minor: 350, active: true });
const ownGlass = chosenOf({ id: "own-glass", name: "Own glass", price_minor: -600, active: true });

describe("basket", () => {
  it("adds equal things to one line and keeps different choices apart", () => {
    let basket = add([], pils);
    basket = add(basket, gin, [double]);
    basket = add(basket, pils);
    basket = add(basket, gin);
    expect(basket.map((line) => [line.name, line.quantity, lineTotal(line)])).toEqual([
      ["pils", 2, 1040],
      ["gin", 1, 1330],
      ["gin", 1, 980],
    ]);
    expect([total(basket), count(basket)]).toEqual([3350, 4]);
  });

  it("does not care in which order choices were made", () => {
    const ice = chosenOf({ id: "ice", name: "No ice", price_minor: 0, active: true });
    expect(add(add([], gin, [double, ice]), gin, [ice, double])).toHaveLength(1);
  });

  it("keeps the price the guest was told when the menu changes under an open basket", () => {
    const basket = add(add([], pils), { ...pils, price_minor: 600 });
    expect(basket.map(lineTotal)).toEqual([520, 600]);
  });

  it("drops a line when none of it is left", () => {
    const basket = add([], pils);
    expect(step(basket, basket[0]?.key ?? "", -1)).toEqual([]);
  });

  it("never charges less than nothing for a line", () => {
    expect(total(add([], pils, [ownGlass]))).toBe(0);
  });

  it("takes no more lines than the server does", () => {
    let basket: Basket = [];
    for (let n = 0; n <= LINES_MAX; n += 1) basket = add(basket, product(`p${n}`, 1));
    expect(basket).toHaveLength(LINES_MAX);
  });
});

describe("modifier rules", () => {
  const group = (min: number, max: number): ModifierGroup => ({
    id: "g",
    name: "Sauce",
    min,
    max,
    modifiers: ["a", "b", "c"].map((id) => ({ id, name: id, price_minor: 0, active: true })),
  });

  it("lets a single choice be changed by choosing another", () => {
    expect(toggle(["a", "other"], group(1, 1), "b")).toEqual(["other", "b"]);
  });

  it("stops at the maximum and lets go of what was taken", () => {
    expect(toggle(["a", "b"], group(0, 2), "c")).toEqual(["a", "b"]);
    expect(toggle(["a", "b"], group(0, 2), "a")).toEqual(["b"]);
  });

  it("names what is still to be chosen", () => {
    expect(unmet([group(1, 1)], [])?.name).toBe("Sauce");
    expect(unmet([group(1, 1)], ["c"])).toBeUndefined();
  });

  it.each([
    [1, 1, "choose 1"],
    [0, 2, "up to 2"],
    [0, 3, "as you like"],
    [1, 2, "choose 1 to 2"],
  ])("says what a group of %d to %d asks for", (min, max, words) => {
    expect(demand(group(min, max))).toBe(words);
  });
});

describe("the reader among the keys", () => {
  const type = (wedge: Wedge, text: string, gap: number, from = 1_000) => [...text.split(""), "Enter"].map((key, n) => wedge.hear(key, from + n * gap)).at(-1);

  it("hears a tag in a burst that ends with Enter", () => {
    expect(type(new Wedge(), "04a224b2c33d80", 8)).toEqual({ kind: "tag", uid: "04A224B2C33D80" });
  });

  it("tells a burst while it lasts, so that no button takes the keys", () => {
    const wedge = new Wedge();
    expect(["0", "4", "A", "2"].map((key, n) => wedge.hear(key, 1_000 + n * 10).kind)).toEqual(["nothing", "nothing", "nothing", "burst"]);
  });

  it("leaves what people type alone", () => {
    expect(type(new Wedge(), "negroni", 120)).toEqual({ kind: "nothing" });
  });

  it("does not mix a slip of the hand into the tag", () => {
    const wedge = new Wedge();
    wedge.hear("n", 0);
    expect(type(wedge, "04A224B2", 8)).toEqual({ kind: "tag", uid: "04A224B2" });
  });

  it("takes capital letters, which come with Shift", () => {
    const wedge = new Wedge();
    const keys = ["0", "4", "Shift", "A", "Shift", "B", "2", "Enter"];
    expect(keys.map((key, n) => wedge.hear(key, n * 5)).at(-1)).toEqual({ kind: "tag", uid: "04AB2" });
  });

  it("ignores an Enter of its own and numbers too short to be a tag", () => {
    expect(new Wedge().hear("Enter", 1)).toEqual({ kind: "nothing" });
    expect(type(new Wedge(), "04A", 5)).toEqual({ kind: "nothing" });
  });

  it("spells tags as the server does", () => {
    expect(tidyTag(" 04:a2-24 b2 ")).toBe("04A224B2");
  });
});

describe("a sale", () => {
  const charge = { basket: add(add([], pils, [], 2), gin, [double]), tagUid: "04A2", currency: "EUR", catalogVersion: 7, eventId: "e", stationId: "s" };
  const sale = makeSale(charge, 12, 1_767_225_600_000);
  const answer = { id: sale.order.id, receipt: "R-1", tab_id: "t", flags: [], problem: null };

  it("says in whole minor units what the guest was told", () => {
    expect(sale.order).toMatchObject({ schema: 1, device_seq: 12, total_minor: 2370, tag: { uid: "04A2" }, catalog_version: 7, device_time_ms: 1_767_225_600_000 });
    expect(sale.order.lines[1]).toEqual({ product_id: "gin", name: "gin", quantity: 1, unit_price_minor: 980, modifiers: [{ modifier_id: "double", name: "Double", price_minor: 350 }] });
  });

  it("takes a duplicate as the success it is", () => {
    expect(answered(sale, { ...answer, result: "duplicate" })).toMatchObject({ state: "accepted", receipt: "R-1", trouble: null });
  });

  it("keeps the reason and the cure of a refusal", () => {
    const problem = { title: "No such tab", detail: "the tab is another event's", errors: [{ field: "tab_id", cure: "scan the tag again" }] };
    expect(answered(sale, { ...answer, receipt: null, result: "invalid", problem })).toMatchObject({
      state: "refused",
      trouble: { title: "No such tab", detail: "The tab is another event's. Scan the tag again." },
    });
  });

  it("is on the tab even when that news overtakes the answer", () => {
    const told = priced(sale, { order_id: sale.order.id, receipt: "R-1", flags: [], tab_total_minor: 5000 });
    expect(answered(told, { ...answer, result: "accepted" })).toMatchObject({ state: "on_tab", tabTotalMinor: 5000 });
  });
});

describe("ids", () => {
  it("are UUIDv7 and sort by time", () => {
    const early = newId(1_767_225_600_000);
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(early.replaceAll("-", "").slice(0, 12)).toBe((1_767_225_600_000).toString(16).padStart(12, "0"));
    expect(early < newId(1_767_225_600_001)).toBe(true);
    expect(new Set(Array.from({ length: 1_000 }, () => newId(5))).size).toBe(1_000);
  });
});
