// What the office works out by itself: times of other zones, starter prices, filters of an address, words for refusals.
import { describe, expect, it } from "vitest";
import { Problem, Unreachable } from "@/api";
import { instantOf, tonight, wallOf } from "@/rooms/events/zoned";
import { starterPrice, starters } from "@/rooms/menu/starters";
import { filtersOf } from "@/rooms/orders/queries";
import { explainFully } from "@/rooms/people/explain";
import { guessCurrency } from "@/rooms/people/locale";
import { formatPerSecond, needOf, waited } from "@/rooms/work/words";
import { readSearch, writeSearch } from "@/ui/desk/address";

describe("wall clocks of another zone", () => {
  it.each([
    ["2026-07-04T18:30", "Europe/Lisbon", "2026-07-04T17:30:00Z"],
    ["2026-07-04T18:30", "America/New_York", "2026-07-04T22:30:00Z"],
    ["2026-01-01T00:00", "Asia/Kathmandu", "2025-12-31T18:15:00Z"],
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"], // left out by the change to summer: an hour later
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"], // comes twice: the first
  ])("%s in %s is %s", (wall, zone, instant) => {
    expect(instantOf(wall, zone)).toBe(Date.parse(instant));
  });

  it("goes back to the same wall clock", () => {
    for (const zone of ["Europe/Berlin", "Australia/Lord_Howe", "UTC"]) expect(wallOf(instantOf("2026-08-15T21:45", zone) ?? 0, zone)).toBe("2026-08-15T21:45");
  });

  it("says when text is no time", () => {
    expect(instantOf("", "UTC")).toBeNull();
    expect(instantOf("2026-13-40T99:99", "UTC")).toBeNull();
  });

  it.each([
    ["2026-07-04T18:20:00Z", "2026-07-04T18:00", "2026-07-05T04:00"],
    ["2026-07-05T01:20:00Z", "2026-07-05T01:00", "2026-07-05T09:00"],
  ])("a night planned at %s begins %s and ends %s", (now, starts, ends) => {
    expect(tonight(Date.parse(now), "UTC")).toEqual({ starts, ends });
  });
});

describe("starter menus", () => {
  it.each([
    ["EUR", 500],
    ["JPY", 700],
    ["KWD", 2000],
    ["USD", 700],
    ["HUF", 100000],
  ])("a beer in %s costs %i minor units", (currency, minor) => {
    expect(starterPrice(10, currency)).toBe(minor);
  });

  it("name only groups they have", () => {
    for (const starter of starters)
      for (const product of starter.categories.flatMap((category) => category.products))
        if (product.group !== undefined) expect(starter.groups.map((group) => group.name)).toContain(product.group);
  });
});

describe("addresses", () => {
  it("keep filters as text", () => {
    expect(readSearch("?q=0012&state=accepted")).toEqual({ q: "0012", state: "accepted" });
    expect(writeSearch({ q: "0012", state: "", flag: undefined })).toBe("?q=0012");
    expect(writeSearch({})).toBe("");
  });

  it("drop filters that are none of ours", () => {
    expect(filtersOf({ q: "7", state: "eaten", flag: "any", colour: "red" })).toEqual({ q: "7", flag: "any" });
  });
});

describe("refusals", () => {
  it("say what is wrong, then the cure, and which field", () => {
    const body = { type: "urn:barback:error:password_weak", title: "Too easy", status: 422, code: "password_weak", detail: "This password cannot be used." };
    const error = new Problem({ ...body, errors: [{ field: "password", reason: "it has 3 characters", cure: "use at least 10" }] });
    expect(explainFully(error)).toEqual({ title: "Too easy", detail: "This password cannot be used. Use at least 10.", fields: { password: "It has 3 characters: use at least 10." }, missing: false });
    expect(explainFully(new Problem({ ...body, status: 404 })).missing).toBe(true);
  });

  it("are told apart from silence", () => {
    expect(explainFully(new Unreachable()).title).toBe("No answer from the server");
  });
});

describe("guesses and figures", () => {
  it("take the currency from where one stands before the language", () => {
    expect(guessCurrency("Europe/Berlin", ["en-US"])).toBe("EUR");
    expect(guessCurrency("Europe/London", ["de-DE"])).toBe("GBP");
    expect(guessCurrency("Etc/UTC", ["en", "sv-SE"])).toBe("SEK");
  });

  it("write rates and waits as people read them", () => {
    expect([0, 0.04, 3.21, 1204].map(formatPerSecond)).toEqual(["0", "< 0.1", "3.2", "1,204"]);
    expect([waited(null, 0), waited(1_000, 1_400), waited(0, 90_000)]).toEqual(["–", "400 ms", "1 min"]);
  });

  it("lead from what needs a person to where it is put right", () => {
    expect(needOf({ kind: "dead_letters", subject: "receipts.print", count: 2, since_ms: null }, 0)).toMatchObject({
      title: "2 dead letters in receipts.print",
      to: "/queues/one?name=receipts.print",
    });
  });
});
