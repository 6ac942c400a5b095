// The import laws say no where they must, and say what to do instead.
import { describe, expect, it } from "vitest";
// @ts-expect-error the linter's own rule file is plain JavaScript
import { verdict as untyped } from "../eslint/laws.js";

interface Place {
  floor: string;
  name: string;
  rest: string[];
}
const verdict = untyped as (from: Place, to: Place) => string | null;
const at = (path: string): Place => {
  const [floor = "", name = "", ...rest] = path.split("/");
  return { floor, name, rest };
};

describe("import laws", () => {
  it.each([
    ["apps/office/main.tsx", "rooms/menu"],
    ["apps/office/main.tsx", "rooms/menu/screens/MenuScreen"],
    ["rooms/tabs/screens/Tab.tsx", "rooms/orders"],
    ["rooms/tabs/screens/Tab.tsx", "rooms/tabs/queries"],
    ["rooms/tabs/queries.ts", "api"],
    ["ui/Money.tsx", "format"],
    ["apps/guest/main.tsx", "rooms/tabs/guest"],
    ["apps/guest/main.tsx", "rooms/tabs/guest/TabPage"],
  ])("%s may import %s", (from, to) => {
    expect(verdict(at(from), at(to))).toBeNull();
  });

  it.each([
    ["apps/office/main.tsx", "apps/till/routes", "may not import app till"],
    ["rooms/tabs/queries.ts", "rooms/orders/queries", "looks inside room orders"],
    ["rooms/tabs/queries.ts", "apps/office/router", "rooms/ may not import apps/"],
    ["ui/Money.tsx", "api", "ui/ may not import api/"],
    ["format/money.ts", "ui", "format/ may not import ui/"],
    ["apps/guest/main.tsx", "rooms/tabs", "guest code may only import"],
    ["apps/guest/main.tsx", "rooms/tabs/queries", "guest code may only import"],
    ["rooms/tabs/guest/TabPage.tsx", "rooms/orders", "guest code may only import"],
    ["rooms/tabs/guest/TabPage.tsx", "rooms/tabs/queries", "guest code may only import"],
  ])("%s may not import %s", (from, to, sentence) => {
    expect(verdict(at(from), at(to))).toContain(sentence);
  });
});
