// The live connection against a real WebSocket server: greets, follows, comes back after a drop with nothing missed.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { Live, type LiveOptions, type News } from "@/api/live";
import { LiveServer, until } from "./liveServer";

let server: LiveServer;
const opened: Live[] = [];

beforeEach(async () => {
  server = await LiveServer.start();
});

afterEach(async () => {
  for (const live of opened.splice(0)) live.stop();
  await server.stop();
});

function connect(options: Partial<LiveOptions> = {}): Live {
  const live = new Live({
    url: server.url,
    token: () => Promise.resolve("good"),
    renew: () => Promise.resolve(null),
    socket: (url) => new NodeSocket(url) as unknown as WebSocket,
    backoffMinMs: 5,
    backoffMaxMs: 20,
    ...options,
  });
  opened.push(live);
  return live;
}

function follow(live: Live, channel: string) {
  const heard: unknown[] = [];
  let resets = 0;
  const leave = live.subscribe(channel, { onNews: (news: News) => heard.push(news.data), onReset: () => (resets += 1) });
  return { heard, leave, resets: () => resets };
}

describe("Live", () => {
  it("greets with its token, becomes live, and delivers news of the channels it follows", async () => {
    const live = connect();
    const { heard, resets } = follow(live, "tab:1");
    live.start();
    await until(() => resets() === 1);
    expect(live.snapshot()).toBe("live");
    server.publish("tab:1", "one");
    server.publish("tab:2", "not ours");
    server.publish("tab:1", "two");
    await until(() => heard.length === 2);
    expect(heard).toEqual(["one", "two"]);
    expect(server.tokens).toEqual(["good"]);
  });

  it("comes back after a drop and misses nothing that was said meanwhile", async () => {
    const live = connect();
    const { heard, resets } = follow(live, "tab:1");
    const states: string[] = [];
    live.subscribeState(() => states.push(live.snapshot()));
    live.start();
    await until(() => resets() === 1);
    server.publish("tab:1", "before");
    await until(() => heard.length === 1);
    server.refuseConnections(true);
    server.dropAll();
    await until(() => server.turnedAway >= 3);
    server.publish("tab:1", "while away 1");
    server.publish("tab:1", "while away 2");
    server.refuseConnections(false);
    await until(() => heard.length === 3);
    server.publish("tab:1", "after");
    await until(() => heard.length === 4);
    expect(heard).toEqual(["before", "while away 1", "while away 2", "after"]);
    expect(resets()).toBe(1);
    expect(states).toEqual(["live", "reconnecting", "live"]);
  });

  it("misses nothing when the line breaks again before it was told what it missed", async () => {
    const live = connect();
    const { heard, resets } = follow(live, "tab:1");
    live.start();
    await until(() => resets() === 1);
    live.sleep();
    server.publish("tab:1", "while away");
    server.breakBeforeReplay = true;
    live.wake();
    await until(() => heard.length === 1);
    expect(heard).toEqual(["while away"]);
  });

  it("is told to fetch anew when it was away for longer than the server remembers", async () => {
    const live = connect();
    const { heard, resets } = follow(live, "tab:1");
    live.start();
    await until(() => resets() === 1);
    server.forget();
    server.dropAll();
    await until(() => resets() === 2);
    server.publish("tab:1", "fresh");
    await until(() => heard.length === 1);
  });

  it("starts anew when the server does not know its cursor any more", async () => {
    const live = connect();
    const { heard, resets } = follow(live, "tab:1");
    live.start();
    await until(() => resets() === 1);
    server.rejectCursors = true;
    server.dropAll();
    await until(() => resets() === 2);
    server.publish("tab:1", "fresh");
    await until(() => heard.length === 1);
  });

  it("shares one subscription among several followers of a channel, and leaves with the last", async () => {
    const live = connect();
    const first = follow(live, "event:1");
    const second = follow(live, "event:1");
    live.start();
    await until(() => first.resets() === 1 && second.resets() === 1);
    expect(server.joins).toEqual(["event:1"]);
    first.leave();
    server.publish("event:1", "still here");
    await until(() => second.heard.length === 1);
    second.leave();
    await until(() => server.leaves.length === 1);
    expect(first.heard).toEqual([]);
  });

  it("tells a follower who joins late to fetch, without disturbing the others", async () => {
    const live = connect();
    const early = follow(live, "event:1");
    live.start();
    await until(() => early.resets() === 1);
    const late = follow(live, "event:1");
    await until(() => late.resets() === 1);
    expect(early.resets()).toBe(1);
  });

  it("renews a refused token once and goes on", async () => {
    const renewed: unknown[] = [];
    const live = connect({
      token: () => Promise.resolve("stale"),
      renew: (stale) => {
        renewed.push(stale);
        return Promise.resolve("good");
      },
    });
    live.start();
    await until(() => live.snapshot() === "live");
    expect(renewed).toEqual(["stale"]);
    expect(server.tokens).toEqual(["stale", "good"]);
  });

  it("hands a newer token over without dropping the line", async () => {
    let token = "good";
    const live = connect({ token: () => Promise.resolve(token), renewEveryMs: 5 });
    const { heard, resets } = follow(live, "tab:1");
    const states: string[] = [];
    live.start();
    await until(() => resets() === 1);
    live.subscribeState(() => states.push(live.snapshot()));
    token = "good and newer";
    await until(() => server.tokens.length === 2);
    server.publish("tab:1", "still here");
    await until(() => heard.length === 1);
    expect([server.tokens, states, server.joins]).toEqual([["good", "good and newer"], [], ["tab:1"]]);
  });

  it("comes back with a renewed token when the server ended the line because of the old one", async () => {
    const live = connect({ renew: () => Promise.resolve("good again") });
    const { resets, heard } = follow(live, "tab:1");
    live.start();
    await until(() => resets() === 1);
    server.expireAll();
    await until(() => server.tokens.length === 2 && live.snapshot() === "live");
    server.publish("tab:1", "back");
    await until(() => heard.length === 1);
    expect(server.tokens).toEqual(["good", "good again"]);
  });

  it("gives up when the session is over, and stays quiet", async () => {
    const live = connect({ token: () => Promise.resolve("stale") });
    live.start();
    await until(() => live.snapshot() === "refused");
    live.wake();
    expect(live.snapshot()).toBe("refused");
    expect(server.tokens).toEqual(["stale"]);
  });

  it("waits while the device has no network and is back as soon as it has", async () => {
    const live = connect();
    const { heard, resets } = follow(live, "tab:1");
    live.start();
    await until(() => resets() === 1);
    live.sleep();
    expect(live.snapshot()).toBe("offline");
    server.publish("tab:1", "said meanwhile");
    live.wake();
    await until(() => heard.length === 1);
    expect(live.snapshot()).toBe("live");
  });

  it("spreads its attempts: the wait doubles up to the ceiling, and half of it is chance", async () => {
    const waits: number[] = [];
    const live = connect({ backoffMinMs: 8, backoffMaxMs: 30, random: () => 1, onWait: (ms) => waits.push(ms) });
    server.refuseConnections(true);
    live.start();
    await until(() => waits.length >= 4);
    expect(waits.slice(0, 4)).toEqual([8, 16, 30, 30]);
  });
});
