// The console's pure parts: what the palette finds, how queues are put together, what a diff says, how a small chart is drawn.
import { describe, expect, it } from "vitest";
import type { Queue, Scaled } from "@/api";
import { differences, subjectOf } from "@/rooms/work/changes";
import { diffLines } from "@/rooms/work/diff";
import { completions, filterOf, isId, localOf, withFilter, zoned } from "@/rooms/work/look";
import { fits, grouped, prefixOf } from "@/rooms/work/queues";
import { scalingSteps } from "@/rooms/work/scaling";
import { found, type Command } from "@/ui/desk/commands";
import { nextRow } from "@/ui/desk/keys";
import { sorted, type Column } from "@/ui/desk/Rows";
import { sparkPoints } from "@/ui/desk/Spark";

const command = (label: string, group = "Page"): Command => ({ id: label, label, group, run: () => undefined });

const queue = (name: string, more: Partial<Queue> = {}): Queue =>
  ({ queue: name, paused: false, ready: 0, waiting: 0, scheduled: 0, leased: 0, dead: 0, failed_last_hour: 0, rate_per_second: 0, workers: 1, ...more }) as Queue;

describe("the palette", () => {
  it("finds by every word, beginnings first", () => {
    const commands = [command("mail.dead"), command("Dead letters"), command("Queues"), command("Pause dead.drop", "Do")];
    expect(found(commands, "dead").map(({ label }) => label)).toEqual(["Dead letters", "mail.dead", "Pause dead.drop"]);
    expect(found(commands, "pause drop").map(({ label }) => label)).toEqual(["Pause dead.drop"]);
    expect(found(commands, "nothing")).toEqual([]);
    expect(found(commands, " ")).toHaveLength(4);
  });

  it("walks through rows and stops at both ends", () => {
    expect([nextRow(-1, 3, 1), nextRow(-1, 3, -1), nextRow(0, 3, 1), nextRow(2, 3, 1), nextRow(0, 3, -1)]).toEqual([0, 2, 1, 2, 0]);
  });
});

describe("queues", () => {
  it("are put together by what their names begin with, single ones at the end", () => {
    expect(["mail.send", "mail", "web:in", "a-b"].map(prefixOf)).toEqual(["mail", "mail", "web", "a"]);
    const groups = grouped([queue("web.in"), queue("mail.send"), queue("orders"), queue("mail.read")]);
    expect(groups.map(({ prefix, queues }) => [prefix, queues.map((one) => one.queue)])).toEqual([
      ["mail", ["mail.send", "mail.read"]],
      ["", ["web.in", "orders"]],
    ]);
  });

  it("are found by words of their name and by their state", () => {
    expect(fits(queue("mail.send"), "SEND mail", "all")).toBe(true);
    expect(fits(queue("mail.send"), "print", "all")).toBe(false);
    expect(fits(queue("mail.send", { dead: 1 }), "", "trouble")).toBe(true);
    expect(fits(queue("mail.send", { ready: 3, workers: 0 }), "", "trouble")).toBe(true);
    expect(fits(queue("mail.send"), "", "trouble")).toBe(false);
    expect(fits(queue("mail.send", { leased: 1 }), "", "busy")).toBe(true);
    expect(fits(queue("mail.send"), "", "paused")).toBe(false);
  });

  it("are sorted by a column, the equal ones as they were", () => {
    const columns: Column<Queue>[] = [{ label: "Dead", role: "meta", cell: () => null, sort: (one) => one.dead }];
    const rows = [queue("a"), queue("b", { dead: 2 }), queue("c")];
    const names = (down: boolean) => sorted(rows, columns, { by: "Dead", down }).map((one) => one.queue);
    expect([names(true), names(false)]).toEqual([["b", "a", "c"], ["a", "c", "b"]]);
  });
});

describe("a diff", () => {
  it("says what goes and what comes, and leaves the rest", () => {
    expect(diffLines("a\nb\nc", "a\nB\nc\nd").map(({ kind, text }) => `${kind} ${text}`)).toEqual(["same a", "gone b", "new B", "same c", "new d"]);
    expect(diffLines("same", "same")).toEqual([{ kind: "same", text: "same" }]);
    expect(diffLines("", "x").map(({ kind }) => kind)).toEqual(["gone", "new"]);
  });
});

describe("a small chart", () => {
  it("puts zero at the foot and the most at the top", () => {
    expect(sparkPoints([0, 4, 2], 20, 10)).toBe("0.0,6.0 10.0,2.0 20.0,4.0");
    expect(sparkPoints([0, 0], 20, 10)).toBe("0.0,6.0 20.0,6.0");
  });
});

describe("the search of messages", () => {
  const line = 'state:dead key:"tab \\"7\\"" queue:mail.send payload.order.id:7 "url":"http://x" order 12';

  it("is a line of filters that can be changed one by one", () => {
    expect([filterOf(line, "key"), filterOf(line, "payload.order.id"), filterOf(line, "task")]).toEqual(['tab "7"', "7", ""]);
    expect(withFilter(line, "state", "")).toBe(line.replace("state:dead ", ""));
    expect(withFilter(withFilter(line, "key", ""), "key", 'tab "7"')).toBe('key:"tab \\"7\\"" state:dead queue:mail.send payload.order.id:7 "url":"http://x" order 12');
  });

  it("is completed while one types", () => {
    const words = { names: ["queue", "task", "payload"], states: ["ready", "dead"], queues: ["mail.send", "print.mail"], tasks: ["mail.send"] };
    expect(completions("state:dead qu", words)).toEqual(["state:dead queue:"]);
    expect(completions("queue:mail", words)).toEqual(["queue:mail.send", "queue:print.mail"]);
    expect(completions("pay", words)).toEqual(["payload."]);
    expect(completions("state:dead", words)).toEqual([]);
    expect(completions("tenant:x", words)).toEqual([]);
    expect(completions("", words)).toEqual([]);
  });

  it("says in which zone its times are", () => {
    const iso = new Date("2026-11-21T18:00").toISOString().slice(0, 16);
    expect(zoned("enqueued:2026-11-21T18:00..-1h queue:a")).toBe(`enqueued:${iso}Z..-1h queue:a`);
    expect(zoned("due:2026-11-21T18:00Z..")).toBe("due:2026-11-21T18:00Z..");
    expect(localOf(`${iso}Z`)).toBe("2026-11-21T18:00");
    expect([localOf(""), localOf("-1h")]).toEqual(["", ""]);
  });

  it("knows an id when it sees one", () => {
    expect(isId("01a1fece-5460-7001-8e08-0d50d606e725")).toBe(true);
    expect(isId("01a1fece-5460-7001-8e08-0d50d606e725.17")).toBe(true);
    expect(isId("mail.send")).toBe(false);
  });
});

describe("the record of changes", () => {
  it("knows where the thing is that was changed", () => {
    expect(subjectOf("queue:mail.send")).toEqual({ kind: "queue", name: "mail.send", to: "/queues/one?name=mail.send" });
    expect(subjectOf("key:bar:tab: 7")).toEqual({ kind: "key", name: "tab: 7", to: "/keys/one?queue=bar&key=tab%3A%207" });
    expect(subjectOf("line:bar:north")).toEqual({ kind: "tenant", name: "north", to: "/tenants/one?name=north" });
    expect(subjectOf("odd")).toEqual({ kind: "", name: "odd", to: null });
  });

  it("says what became different, and nothing that did not", () => {
    expect(differences({ paused: false, note: "same" }, { paused: true, note: "same" })).toEqual([{ name: "paused", before: "no", after: "yes" }]);
    expect(differences(null, { rate_per_second: 1200 })).toEqual([{ name: "rate per second", before: null, after: "1,200" }]);
    expect(differences({ ids: ["a", "b"] }, null)).toEqual([{ name: "ids", before: "2 of them", after: null }]);
    expect(differences(null, null)).toEqual([]);
  });
});

describe("what supervisors decided", () => {
  const at = (ms: number, before: number, after: number, host = "a") => ({ at_ms: ms, host, before, after, ready: after * 100 }) as Scaled;

  it("is the most workers of all hosts in each step", () => {
    const now = 60 * 60_000;
    const steps = scalingSteps([at(now - 60_000, 3, 1), at(now - 600_000, 0, 2, "b"), at(now - 1_800_000, 1, 3)], now);
    expect(steps).toHaveLength(60);
    expect([0, 29, 30, 49, 50, 58, 59].map((index) => steps[index]?.workers)).toEqual([1, 1, 3, 3, 5, 5, 5]);
    expect([30, 31, 50].map((index) => steps[index]?.ready)).toEqual([300, 0, 200]);
  });

  it("goes back as far as the oldest decision", () => {
    expect(scalingSteps([at(0, 0, 4)], 120 * 60_000)[0]).toEqual({ ms: 0, workers: 4, ready: 400 });
  });
});
