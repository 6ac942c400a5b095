// The live connection: one WebSocket for a page, any number of channels on it, and nothing missed across a drop.
//
// Each channel remembers the cursor of the last news it delivered. After a drop the socket comes back by itself, with
// jittered backoff, and asks for everything since those cursors; when that is too long ago the server answers "reset" and
// the subscriber fetches anew. Subscribing to a channel for the first time also counts as a reset, because what was
// fetched over HTTP before that moment may already be old.

export type LiveState = "connecting" | "live" | "reconnecting" | "offline" | "refused";

export interface News {
  channel: string;
  cursor: string;
  kind: string;
  at_ms: number;
  data: unknown;
}

export interface Subscriber {
  onNews: (news: News) => void;
  /** Something may have been missed: fetch what this channel is about again. */
  onReset: () => void;
}

export interface LiveOptions {
  url: string;
  token: () => Promise<string | null>;
  /** The server refused this token: a fresh one, or null when the session is over. */
  renew: (stale: string | null) => Promise<string | null>;
  socket?: (url: string) => WebSocket;
  /** Between 0 and 1; spreads reconnects of many phones after one outage. */
  random?: () => number;
  backoffMinMs?: number;
  backoffMaxMs?: number;
  /** How often to look whether there is a newer token to hand over. */
  renewEveryMs?: number;
  /** Told before each wait for the next attempt. */
  onWait?: (ms: number) => void;
}

interface Channel {
  cursor: string | null;
  joined: boolean;
  subscribers: Set<Subscriber>;
}

type Heard = { type: "subscribed" | "reset"; channel: string; cursor: string } | ({ type: "news" } & News);

type Frame =
  | { type: "ready" }
  | { type: "unsubscribed" }
  | Heard
  | { type: "error"; channel?: string | null; problem: { status: number; code: string; detail?: string | null } };

/** How long the server may take from opening the socket to "ready" before the attempt counts as lost. */
const READY_WITHIN_MS = 8_000;

/** The close code that means: this token is not good (any more). */
const REFUSED = 4401;

export class Live {
  #state: LiveState = "connecting";
  #socket: WebSocket | null = null;
  #ready = false;
  #attempts = 0;
  #refusals = 0;
  #sentToken: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setInterval> | undefined;
  #stopped = true;
  readonly #channels = new Map<string, Channel>();
  readonly #listeners = new Set<() => void>();

  constructor(private readonly options: LiveOptions) {}

  readonly snapshot = (): LiveState => this.#state;

  readonly subscribeState = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
  }

  /** Comes back at once: the network is up again, or the phone has woken and its socket may be a corpse. */
  wake(): void {
    if (this.#stopped || this.#state === "refused") return;
    this.#attempts = 0;
    this.#drop();
    this.#connect();
  }

  /** The device knows it has no network: say so instead of trying. */
  sleep(): void {
    if (this.#stopped || this.#state === "refused") return;
    this.#drop();
    this.#enter("offline");
  }

  subscribe(name: string, subscriber: Subscriber): () => void {
    let channel = this.#channels.get(name);
    if (!channel) {
      channel = { cursor: null, joined: false, subscribers: new Set() };
      this.#channels.set(name, channel);
      if (this.#ready) this.#join(name, channel);
    }
    channel.subscribers.add(subscriber);
    if (channel.joined) queueMicrotask(() => channel.subscribers.has(subscriber) && subscriber.onReset());
    return () => {
      channel.subscribers.delete(subscriber);
      if (channel.subscribers.size > 0 || this.#channels.get(name) !== channel) return;
      this.#channels.delete(name);
      if (this.#ready) this.#send({ type: "unsubscribe", channel: name });
    };
  }

  #connect(): void {
    this.#enter(this.#attempts === 0 && this.#state === "connecting" ? "connecting" : "reconnecting");
    const socket = (this.options.socket ?? ((url) => new WebSocket(url)))(this.options.url);
    this.#socket = socket;
    this.#timer = setTimeout(() => socket.close(), READY_WITHIN_MS);
    socket.onopen = () => void this.#greet(socket);
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.#socket === socket) this.#receive(JSON.parse(event.data) as Frame);
    };
    socket.onclose = ({ code }: CloseEvent) => {
      if (this.#socket === socket) this.#lost(code === REFUSED);
    };
  }

  async #greet(socket: WebSocket): Promise<void> {
    try {
      const token = this.#refusals > 0 ? await this.options.renew(this.#sentToken) : await this.options.token();
      if (this.#socket !== socket) return;
      this.#sentToken = token;
      if (token === null) this.#refuse();
      else this.#send({ type: "auth", token });
    } catch {
      socket.close();
    }
  }

  #receive(frame: Frame): void {
    if (frame.type === "ready") this.#arrive();
    else if (frame.type === "error") this.#trouble(frame.problem, frame.channel ?? "");
    else if (frame.type !== "unsubscribed") this.#hear(frame);
  }

  #hear(frame: Heard): void {
    const channel = this.#channels.get(frame.channel);
    if (!channel) return;
    // "subscribed" names the present, before what we missed has been told: our own cursor moves with what we hear only.
    if (frame.type !== "subscribed" || channel.cursor === null) channel.cursor = frame.cursor;
    if (frame.type === "news") {
      for (const subscriber of channel.subscribers) subscriber.onNews(frame);
    } else if (frame.type === "reset" || !channel.joined) {
      for (const subscriber of channel.subscribers) subscriber.onReset();
    }
    channel.joined = true;
  }

  #arrive(): void {
    if (this.#ready) return;
    clearTimeout(this.#timer);
    this.#ready = true;
    this.#attempts = 0;
    this.#refusals = 0;
    this.#renewal = setInterval(() => void this.#renew(), this.options.renewEveryMs ?? 15_000);
    for (const [name, channel] of this.#channels) this.#join(name, channel);
    this.#enter("live");
  }

  /** The connection lives as long as its token: a newer one is handed over before the old one ends. */
  async #renew(): Promise<void> {
    const token = await this.options.token().catch(() => null);
    if (token === null || token === this.#sentToken || !this.#ready) return;
    this.#sentToken = token;
    this.#send({ type: "auth", token });
  }

  #trouble(problem: { status: number; code: string }, name: string): void {
    if (problem.status === 401) {
      this.#socket?.close(REFUSED);
      return;
    }
    const channel = this.#channels.get(name);
    if (channel == null || channel.cursor === null) return;
    // The server cannot continue from our cursor (it was restored from a backup, say): start anew.
    channel.cursor = null;
    channel.joined = false;
    this.#join(name, channel);
  }

  #join(name: string, channel: Channel): void {
    this.#send({ type: "subscribe", channel: name, cursor: channel.cursor });
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  #lost(refused: boolean): void {
    this.#drop();
    if (this.#stopped) return;
    if (refused) this.#refusals += 1;
    if (this.#refusals > 1) {
      this.#refuse();
      return;
    }
    const { backoffMinMs = 400, backoffMaxMs = 15_000, random = Math.random } = this.options;
    const ceiling = Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#enter("reconnecting");
    const wait = ceiling * (0.5 + random() / 2);
    this.options.onWait?.(wait);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #refuse(): void {
    this.#drop();
    this.#enter("refused");
  }

  #drop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#renewal);
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    socket?.close();
  }

  #enter(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
