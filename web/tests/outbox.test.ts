// The till's outbox over real HTTP: whatever the network does, every sale arrives once and none is forgotten.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "@/api";
import { Outbox } from "@/rooms/tills/outbox";
import type { Charge } from "@/rooms/tills/sale";
import { until } from "./liveServer";
import { OrderServer } from "./orderServer";

let server: OrderServer;
let storage: Storage;
const opened: Outbox[] = [];

beforeEach(async () => {
  server = await OrderServer.start();
  storage = memory();
});

afterEach(async () => {
  for (const outbox of opened.splice(0)) outbox.stop();
  await server.stop();
});

/** The device's storage as the browser has it: text by key, outliving the page. */
function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
    key: (n) => [...kept.keys()][n] ?? null,
    get length() {
      return kept.size;
    },
  };
}

function open(retryMinMs = 5, deviceId = "d1"): Outbox {
  const credentials = { token: () => Promise.resolve("till"), renew: () => Promise.resolve(null) };
  const outbox = new Outbox({ api: createApi(credentials, server.url), deviceId, storage, retryMinMs });
  opened.push(outbox);
  return outbox;
}

function charge(name: string, currency = "EUR"): Charge {
  const basket = [{ key: name, product_id: name, name, unit_price_minor: 500, modifiers: [], quantity: 1 }];
  return { basket, tagUid: "04A2", currency, catalogVersion: 1, eventId: "e", stationId: "s" };
}

const stateOf = (outbox: Outbox, id: string) => outbox.snapshot().find((sale) => sale.order.id === id)?.state;

describe("Outbox", () => {
  it("sends a sale, keeps its receipt, and counts without gaps", async () => {
    const outbox = open();
    const ids = [outbox.charge(charge("pils")), outbox.charge(charge("gin"))];
    await until(() => ids.every((id) => stateOf(outbox, id) === "accepted"));
    expect(server.taken).toEqual(ids);
    expect(server.seqs).toEqual([1, 2]);
    expect(outbox.snapshot().map((sale) => sale.receipt)).toEqual(["R-2", "R-1"]);
  });

  it("sends again with the same id when the answer was lost, and the guest pays once", async () => {
    server.mood = "loses answers";
    const outbox = open();
    const id = outbox.charge(charge("pils"));
    await until(() => server.attempts >= 2);
    expect(stateOf(outbox, id)).toBe("waiting");
    server.mood = "well";
    await until(() => stateOf(outbox, id) === "accepted");
    expect(server.taken).toEqual([id]);
  });

  it.each(["deaf", "overloaded"] as const)("keeps trying while the server is %s, and says why it waits", async (mood) => {
    server.mood = mood;
    const outbox = open();
    const id = outbox.charge(charge("pils"));
    await until(() => server.attempts >= 3);
    expect(outbox.snapshot()[0]?.trouble?.title).toBe("No answer from the server");
    server.mood = "well";
    await until(() => stateOf(outbox, id) === "accepted");
    expect(outbox.snapshot()[0]?.trouble).toBeNull();
  });

  it("survives the page: what waited is sent by the next one, oldest first, and the count goes on", async () => {
    server.mood = "deaf";
    const before = open(60_000);
    const ids = [before.charge(charge("pils")), before.charge(charge("gin"))];
    await until(() => server.attempts >= 1 && before.snapshot()[0]?.trouble !== null);
    before.stop();
    server.mood = "well";
    const after = open();
    await after.send();
    const third = after.charge(charge("cola"));
    await until(() => stateOf(after, third) === "accepted");
    expect(server.taken).toEqual([...ids, third]);
    expect(server.seqs).toEqual([1, 2, 3]);
  });

  it("does not let a refused sale stop the ones behind it", async () => {
    server.mood = "deaf";
    const outbox = open();
    const bad = outbox.charge(charge("pils", "XXX"));
    const good = outbox.charge(charge("gin"));
    server.mood = "well";
    await until(() => stateOf(outbox, good) === "accepted");
    expect(outbox.snapshot().find((sale) => sale.order.id === bad)).toMatchObject({
      state: "refused",
      trouble: { detail: "This event sells in EUR." },
    });
    outbox.dismiss(bad);
    outbox.dismiss(good);
    expect(outbox.snapshot().map((sale) => sale.order.id)).toEqual([good]);
  });

  it("waits for a person when the till was revoked, and keeps the sale", async () => {
    server.mood = "revoked";
    const outbox = open();
    const id = outbox.charge(charge("pils"));
    await until(() => outbox.snapshot()[0]?.trouble !== null);
    expect(outbox.snapshot()[0]).toMatchObject({ state: "waiting", trouble: { title: "This device has been unpaired" } });
    server.mood = "well";
    await outbox.send();
    expect(stateOf(outbox, id)).toBe("accepted");
  });

  it("sends after a new pairing what the old one had kept, with the same ids and numbers of its own", async () => {
    server.mood = "revoked";
    const before = open();
    const ids = [before.charge(charge("pils")), before.charge(charge("gin"))];
    await until(() => before.snapshot().every((sale) => sale.trouble !== null));
    before.stop();
    server.mood = "well";
    const after = open(5, "d2");
    const third = after.charge(charge("cola"));
    await until(() => stateOf(after, third) === "accepted");
    expect(server.taken).toEqual([...ids, third]);
    expect(server.seqs).toEqual([1, 2, 3]);
    expect(open(5, "d3").snapshot()).toEqual([]);
  });

  it("empties the basket only once the sale is written down, and keeps an open basket over a reload", async () => {
    const outbox = open();
    const { basket } = charge("pils");
    outbox.keepBasket(basket);
    expect(open().basket).toEqual(basket);
    const id = outbox.charge(charge("pils"));
    expect(open().basket).toEqual([]);
    await until(() => stateOf(outbox, id) === "accepted");
  });

  it("hears that a sale is on its tab, once", async () => {
    const outbox = open();
    const id = outbox.charge(charge("pils"));
    await until(() => stateOf(outbox, id) === "accepted");
    let told = 0;
    outbox.subscribe(() => (told += 1));
    outbox.hear({ order_id: "another till's", receipt: "R-9", flags: [] });
    outbox.hear({ order_id: id, receipt: "R-1", flags: [], tab_total_minor: 4_200 });
    outbox.hear({ order_id: id, receipt: "R-1", flags: [] });
    expect(outbox.snapshot()[0]).toMatchObject({ state: "on_tab", tabTotalMinor: 4_200 });
    expect(told).toBe(1);
  });

  it("forgets the oldest of what is done, never what waits", async () => {
    const outbox = open();
    for (let n = 0; n < 160; n += 1) outbox.charge(charge("pils"));
    await until(() => outbox.snapshot().every((sale) => sale.state === "accepted"));
    server.mood = "deaf";
    const waiting = outbox.charge(charge("gin"));
    expect(outbox.snapshot()).toHaveLength(151);
    expect(stateOf(outbox, waiting)).toBe("waiting");
    expect(server.taken).toHaveLength(160);
  });
});
