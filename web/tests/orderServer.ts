// A small server that takes orders over real HTTP: remembers ids, loses answers and refuses on demand.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { NewOrder, OrderResult } from "@/api";

type Mood = "well" | "deaf" | "loses answers" | "revoked" | "overloaded";

export class OrderServer {
  mood: Mood = "well";
  /** Ids in the order in which they were taken, each once. */
  readonly taken: string[] = [];
  readonly seqs: number[] = [];
  attempts = 0;

  private constructor(private readonly http: Server) {
    http.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response));
  }

  static async start(): Promise<OrderServer> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return new OrderServer(http);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.attempts += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.mood === "deaf") request.socket.destroy();
    else if (this.mood === "overloaded") reply(response, 503, "<html>proxy</html>");
    else if (this.mood === "revoked") reply(response, 401, { title: "This device has been unpaired", status: 401, code: "device_revoked" });
    else this.#answer(request, response, Buffer.concat(chunks).toString());
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { orders } = JSON.parse(body) as { orders: NewOrder[] };
    const results = orders.map((order) => this.#take(order));
    if (this.mood === "loses answers") request.socket.destroy();
    else reply(response, 202, { received_ms: 1, results });
  }

  #take(order: NewOrder): OrderResult {
    const stored = { id: order.id, receipt: `R-${order.device_seq}`, tab_id: "tab", flags: [], problem: null };
    if (this.taken.includes(order.id)) return { ...stored, result: "duplicate" };
    if (order.currency === "XXX") {
      const problem = { title: "The order is in another currency than the event", detail: "this event sells in EUR", status: 422, code: "currency_mismatch" };
      return { ...stored, result: "invalid", receipt: null, problem };
    }
    this.taken.push(order.id);
    this.seqs.push(order.device_seq);
    return { ...stored, result: "accepted" };
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": status === 202 ? "application/json" : "application/problem+json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
