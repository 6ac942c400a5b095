// A guest's phone: the secret link in the address opens a token for one tab, and opens another when that one runs out.
import { createApi, nobody, unwrap, type Credentials } from "./client";
import type { GuestSession } from "./shapes";
import { single } from "./single";

export class GuestLink implements Credentials {
  #session: GuestSession | null = null;
  readonly #api = createApi(nobody);
  readonly #open: () => Promise<GuestSession>;

  constructor(link: string) {
    this.#open = single(async () => {
      this.#session = await unwrap(this.#api.POST("/v1/auth/guest", { body: { link } }));
      return this.#session;
    });
  }

  /** Opens the link: the tab it belongs to. Throws Problem when the link is unknown, expired or withdrawn. */
  async open(): Promise<GuestSession> {
    return this.#session ?? this.#open();
  }

  async token(): Promise<string | null> {
    if (this.#session && this.#session.expires_ms - Date.now() < 20_000) this.#session = null;
    return (await this.open()).access_token;
  }

  async renew(stale: string | null): Promise<string | null> {
    if (this.#session?.access_token === stale) this.#session = null;
    return this.token();
  }
}
