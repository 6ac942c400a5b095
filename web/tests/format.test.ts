// Money, time and counts: exact digits for every kind of currency, the event's own zone, and numbers with their nouns.
import { describe, expect, it } from "vitest";
import { decimalOf, exponentOf, formatAge, formatMoney, formatRate, formatTime, moneyParts, parseMoney, plural } from "@/format";

describe("money", () => {
  it.each([
    [1205, "EUR", "12.05"],
    [5, "EUR", "0.05"],
    [0, "EUR", "0.00"],
    [-70, "GBP", "-0.70"],
    [1500, "JPY", "1500"],
    [1234, "BHD", "1.234"],
    [1, "KWD", "0.001"],
    [Number.MAX_SAFE_INTEGER, "EUR", "90071992547409.91"],
  ])("writes %d minor units of %s as %s", (minor, currency, text) => {
    expect(decimalOf(minor, currency)).toBe(text);
  });

  it("keeps every digit of amounts no float could hold", () => {
    expect(formatMoney(9007199254740991, "EUR", "en-US")).toBe("€90,071,992,547,409.91");
  });

  it.each([
    [1205, "EUR", "en-US", "€12.05"],
    [1205, "EUR", "de-DE", "12,05\u00a0€"],
    [500, "JPY", "en-US", "¥500"],
    [1234, "BHD", "en-US", "BHD\u00a01.234"],
    [-250, "USD", "en-US", "-$2.50"],
  ])("shows %d %s in %s as %s", (minor, currency, locale, text) => {
    expect(formatMoney(minor, currency, locale)).toBe(text);
  });

  it("refuses amounts that are not whole minor units", () => {
    expect(() => decimalOf(12.5, "EUR")).toThrow("whole minor units");
    expect(() => decimalOf(Number.NaN, "EUR")).toThrow(RangeError);
  });

  it("gives pieces that add up to the whole", () => {
    expect(moneyParts(1205, "EUR", "en-US").map((part) => part.value).join("")).toBe("€12.05");
  });

  it.each([
    ["4.5", "EUR", 450],
    ["4,50", "EUR", 450],
    ["1 200", "EUR", 120_000],
    ["0.07", "EUR", 7],
    ["500", "JPY", 500],
    ["1.234", "BHD", 1234],
    ["-3", "EUR", -300],
    ["4.", "EUR", 400],
  ])("reads %j as %s", (text, currency, minor) => {
    expect(parseMoney(text, currency)).toBe(minor);
  });

  it.each([["", "EUR"], ["4.505", "EUR"], ["1.5", "JPY"], ["four", "EUR"], ["1e3", "EUR"], ["99999999999999999", "EUR"]])("does not take %j as %s", (text, currency) => {
    expect(parseMoney(text, currency)).toBeNull();
  });

  it("knows the exponents", () => {
    expect(["EUR", "jpy", "OMR"].map(exponentOf)).toEqual([2, 0, 3]);
  });
});

describe("time", () => {
  const instant = Date.UTC(2026, 6, 4, 21, 5, 9);

  it("is told in the event's zone", () => {
    expect(formatTime(instant, "time", "Europe/Lisbon", "en-GB")).toBe("22:05");
    expect(formatTime(instant, "time", "Asia/Tokyo", "en-GB")).toBe("06:05");
    expect(formatTime(instant, "seconds", "Europe/Berlin", "en-GB")).toBe("23:05:09");
  });

  it.each([
    [-500, "now"],
    [4_999, "now"],
    [42_000, "42 s"],
    [180_000, "3 min"],
    [7_200_000, "2 h"],
    [86_400_000 * 3, "3 d"],
  ])("says %d ms ago as %s", (age, text) => {
    expect(formatAge(age)).toBe(text);
  });
});

describe("words", () => {
  it("puts numbers with their nouns", () => {
    expect([plural(0, "order"), plural(1, "order"), plural(2, "order"), plural(2, "entry", "entries")]).toEqual(["0 orders", "1 order", "2 orders", "2 entries"]);
  });

  it.each([
    [190_000, "19%"],
    [88_750, "8.875%"],
    [0, "0%"],
    [1_000_000, "100%"],
  ])("writes %d ppm as %s", (ppm, text) => {
    expect(formatRate(ppm)).toBe(text);
  });
});
