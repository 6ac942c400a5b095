// A small server that speaks the live protocol over real sockets, with a log one can resume from and faults on demand.
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

interface Entry {
  place: number;
  channel: string;
  data: unknown;
}

type Request = { type: "auth"; token: string } | { type: "subscribe"; channel: string; cursor: string | null } | { type: "unsubscribe"; channel: string };

export class LiveServer {
  readonly tokens: string[] = [];
  readonly joins: string[] = [];
  readonly leaves: string[] = [];
  turnedAway = 0;
  rejectCursors = false;
  /** Closes the next resuming connection after it was told the present and before it was told what it missed. */
  breakBeforeReplay = false;
  #place = 0;
  #oldest = 0;
  #refusing = false;
  #log: Entry[] = [];
  readonly #followers = new Map<WebSocket, Set<string>>();

  private constructor(private readonly sockets: WebSocketServer) {
    sockets.on("connection", (socket) => this.#welcome(socket));
  }

  static async start(): Promise<LiveServer> {
    const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await new Promise<void>((resolve) => sockets.once("listening", () => resolve()));
    return new LiveServer(sockets);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.sockets.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => this.sockets.close(resolve));
  }

  publish(channel: string, data: unknown): void {
    const entry = { place: ++this.#place, channel, data };
    this.#log.push(entry);
    for (const [socket, channels] of this.#followers) if (channels.has(channel)) this.#tell(socket, entry);
  }

  /** Prunes the log: cursors from before this moment lead to a reset. */
  forget(): void {
    this.#log = [];
    this.#oldest = ++this.#place;
  }

  refuseConnections(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** Says to every client what it says to one whose token has run out. */
  expireAll(): void {
    for (const socket of this.sockets.clients) socket.close(4401, "say who you are");
  }

  dropAll(): void {
    for (const socket of this.sockets.clients) socket.terminate();
  }

  #welcome(socket: WebSocket): void {
    if (this.#refusing) {
      this.turnedAway += 1;
      socket.terminate();
      return;
    }
    socket.on("close", () => this.#followers.delete(socket));
    socket.on("message", (text: Buffer) => this.#obey(socket, JSON.parse(text.toString()) as Request));
  }

  #obey(socket: WebSocket, request: Request): void {
    if (request.type === "auth") {
      this.tokens.push(request.token);
      if (request.token.startsWith("good")) {
        if (!this.#followers.has(socket)) this.#followers.set(socket, new Set());
        send(socket, { type: "ready" });
      } else {
        send(socket, { type: "error", problem: { status: 401, code: "token_expired", title: "The token has expired" } });
        socket.close(4401, "token_expired");
      }
    } else if (request.type === "unsubscribe") {
      this.leaves.push(request.channel);
      this.#followers.get(socket)?.delete(request.channel);
    } else this.#join(socket, request.channel, request.cursor);
  }

  #join(socket: WebSocket, channel: string, cursor: string | null): void {
    if (cursor !== null && this.rejectCursors) {
      send(socket, { type: "error", channel, problem: { status: 422, code: "bad_live_cursor", title: "The cursor is not one of ours" } });
      return;
    }
    this.joins.push(channel);
    this.#followers.get(socket)?.add(channel);
    if (cursor === null) send(socket, { type: "subscribed", channel, cursor: String(this.#place) });
    else if (Number(cursor) < this.#oldest) send(socket, { type: "reset", channel, cursor: String(this.#place) });
    else {
      send(socket, { type: "subscribed", channel, cursor: String(this.#place) });
      if (this.breakBeforeReplay) {
        this.breakBeforeReplay = false;
        socket.close();
        return;
      }
      for (const entry of this.#log) if (entry.channel === channel && entry.place > Number(cursor)) this.#tell(socket, entry);
    }
  }

  #tell(socket: WebSocket, entry: Entry): void {
    send(socket, { type: "news", channel: entry.channel, cursor: String(entry.place), kind: "said", at_ms: 0, data: entry.data });
  }
}

function send(socket: WebSocket, frame: object): void {
  socket.send(JSON.stringify(frame));
}

/** Resolves when the condition holds; looks again on every turn of the event loop. The test's own time limit is the only clock. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
