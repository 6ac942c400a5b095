// The till's outbox: a sale is written here before it is sent, and is sent again, the same, until the server has answered.
//
// Nothing a guest was told a price for can be lost by a dropped connection, a closed browser or a dead battery: the sale is
// in the device's storage from the moment "Charge" is pressed. Sending twice is safe, because the id stays the same.
import { explain, Problem, unwrap, type Api, type OrderAnswer } from "@/api";
import type { Basket } from "./basket";
import { answered, makeSale, priced, type Charge, type Priced, type Sale } from "./sale";

/** Orders per request; the server takes no more. */
const BATCH_MAX = 100;
/** Sales that are done and kept to be shown. */
const DONE_MAX = 150;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 20_000;

interface OutboxOptions {
  api: Api;
  deviceId: string;
  storage?: Storage;
  now?: () => number;
  retryMinMs?: number;
}

export class Outbox {
  #sales: readonly Sale[];
  #sending = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #storage: Storage;
  readonly #now: () => number;

  constructor(private readonly options: OutboxOptions) {
    this.#storage = options.storage ?? localStorage;
    this.#now = options.now ?? Date.now;
    this.#sales = (this.#read("sales") as readonly Sale[] | null) ?? [];
    this.#adopt();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** All sales this till remembers, newest first. */
  readonly snapshot = (): readonly Sale[] => this.#sales;

  get basket(): Basket {
    return (this.#read("basket") as Basket | null) ?? [];
  }

  keepBasket(basket: Basket): void {
    this.#write("basket", basket);
  }

  /** Writes the sale down and starts sending it; the basket is empty from here on. Returns the order's id. */
  charge(charge: Charge): string {
    const sale = makeSale(charge, this.#nextSeq(), this.#now());
    this.#keep([sale, ...this.#sales]);
    this.keepBasket([]);
    void this.send();
    return sale.order.id;
  }

  /** Sends whatever waits, oldest first. One request at a time: a second call while one is under way does nothing. */
  async send(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let batch = this.#waiting(); batch.length > 0; batch = this.#waiting()) {
        this.#take(await this.#post(batch));
        this.#failures = 0;
      }
    } catch (error) {
      this.#postpone(error);
    } finally {
      this.#sending = false;
    }
  }

  /** Stops trying by itself; what waits stays written down. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** An order is on its tab: the live channel or the server's list says so. */
  hear(news: Priced): void {
    if (this.#sales.some((sale) => sale.order.id === news.order_id && sale.state !== "on_tab")) {
      this.#keep(this.#sales.map((sale) => (sale.order.id === news.order_id ? priced(sale, news) : sale)));
    }
  }

  /** Takes a refused sale off the list, after its basket went back to the screen or a person has seen it. */
  dismiss(orderId: string): void {
    this.#keep(this.#sales.filter((sale) => sale.order.id !== orderId || sale.state !== "refused"));
  }

  /**
   * Takes over what an earlier pairing of this device could not send any more, because it was revoked. Ids stay, so what had
   * arrived after all is not charged again; the numbers are this pairing's own.
   */
  #adopt(): void {
    const own = this.#key("sales");
    const keys = Array.from({ length: this.#storage.length }, (_, n) => this.#storage.key(n) ?? "");
    const others = keys.filter((key) => /^barback\.till\..+\.sales$/.test(key) && key !== own);
    for (const key of others) {
      const left = (JSON.parse(this.#storage.getItem(key) ?? "[]") as Sale[]).filter((sale) => sale.state === "waiting");
      for (const sale of left.reverse()) this.#keep([{ ...sale, order: { ...sale.order, device_seq: this.#nextSeq() } }, ...this.#sales]);
      this.#storage.removeItem(key);
    }
  }

  #nextSeq(): number {
    const seq = ((this.#read("seq") as number | null) ?? 0) + 1;
    this.#write("seq", seq);
    return seq;
  }

  #waiting(): Sale[] {
    return this.#sales
      .filter((sale) => sale.state === "waiting")
      .reverse()
      .slice(0, BATCH_MAX);
  }

  #post(batch: Sale[]): Promise<OrderAnswer> {
    const orders = batch.map((sale) => sale.order);
    return unwrap(this.options.api.POST("/v1/orders", { body: { sent_ms: this.#now(), orders } }));
  }

  #take(answer: OrderAnswer): void {
    const results = new Map(answer.results.map((result) => [result.id, result]));
    this.#keep(
      this.#sales.map((sale) => {
        const result = results.get(sale.order.id);
        return result && (sale.state === "waiting" || sale.state === "on_tab") ? answered(sale, result) : sale;
      }),
    );
  }

  #postpone(error: unknown): void {
    const trouble = explain(error);
    this.#keep(this.#sales.map((sale) => (sale.state === "waiting" ? { ...sale, trouble } : sale)));
    // A refused token needs a person, not another attempt; the next charge or "Try again" sends all the same.
    if (error instanceof Problem && error.status === 401) return;
    const { retryMinMs = RETRY_MIN_MS } = this.options;
    const wait = Math.min(RETRY_MAX_MS, retryMinMs * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.send(), wait);
  }

  #keep(sales: readonly Sale[]): void {
    let done = 0;
    this.#sales = sales.filter((sale) => sale.state === "waiting" || sale.state === "refused" || ++done <= DONE_MAX);
    this.#write("sales", this.#sales);
    for (const listener of this.#listeners) listener();
  }

  #read(what: string): unknown {
    const text = this.#storage.getItem(this.#key(what));
    return text === null ? null : JSON.parse(text);
  }

  #write(what: string, value: unknown): void {
    this.#storage.setItem(this.#key(what), JSON.stringify(value));
  }

  #key(what: string): string {
    return `barback.till.${this.options.deviceId}.${what}`;
  }
}
