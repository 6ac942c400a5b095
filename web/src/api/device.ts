// A paired till: its secret stays on the device and opens a new access token whenever the old one has run out.
import { createApi, nobody, unwrap, type Credentials } from "./client";
import { Problem } from "./problem";
import type { DeviceSession } from "./shapes";
import { single } from "./single";

const KEY = "barback.till.session";

export class Device implements Credentials {
  #session: DeviceSession | null;
  #revoked = false;
  readonly #listeners = new Set<() => void>();
  readonly #api = createApi(nobody);
  readonly #refresh = single(() => this.#refreshOnce());

  constructor(private readonly storage: Storage = localStorage) {
    this.#session = stored(storage);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The pairing, or null on a device nobody has paired yet. */
  readonly snapshot = (): DeviceSession | null => this.#session;

  /** True once the office has revoked this till; what it has not sent yet is kept. */
  readonly isRevoked = (): boolean => this.#revoked;

  /** Trades the code from the office for a session of this till's own. */
  async pair(code: string, name: string): Promise<void> {
    this.#set(await unwrap(this.#api.POST("/v1/auth/device", { body: { code, name } })));
  }

  forget(): void {
    this.#set(null);
  }

  async token(): Promise<string | null> {
    if (!this.#session) return null;
    return this.#session.expires_ms - Date.now() > 60_000 ? this.#session.access_token : this.#refresh();
  }

  async renew(stale: string | null): Promise<string | null> {
    if (this.#session && this.#session.access_token !== stale) return this.#session.access_token;
    return this.#refresh();
  }

  async #refreshOnce(): Promise<string | null> {
    if (!this.#session) return null;
    const { device_id, device_secret } = this.#session;
    try {
      const fresh = await unwrap(this.#api.POST("/v1/auth/device/refresh", { body: { device_id, device_secret } }));
      this.#set(fresh);
      return fresh.access_token;
    } catch (error) {
      if (!(error instanceof Problem) || ![401, 403, 404].includes(error.status)) throw error;
      this.#revoked = true;
      this.#tell();
      return null;
    }
  }

  #set(session: DeviceSession | null): void {
    this.#session = session;
    this.#revoked = false;
    if (session) this.storage.setItem(KEY, JSON.stringify(session));
    else this.storage.removeItem(KEY);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function stored(storage: Storage): DeviceSession | null {
  const text = storage.getItem(KEY);
  if (text === null) return null;
  try {
    return JSON.parse(text) as DeviceSession;
  } catch {
    return null;
  }
}
