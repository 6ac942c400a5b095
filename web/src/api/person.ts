// A signed-in person: the access token lives in memory only, the refresh token in a cookie no script can read.
import { createApi, nobody, unwrap, type Credentials } from "./client";
import { Problem } from "./problem";
import type { Session } from "./shapes";
import { single } from "./single";

export type PersonState = { status: "unknown" } | { status: "out" } | { status: "in"; session: Session };

/** Tabs of one browser share the cookie, and each use changes it: a lock keeps two tabs from using the same one. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return work();
  return navigator.locks.request("barback-refresh", work) as Promise<T>;
}

export class Person implements Credentials {
  #state: PersonState = { status: "unknown" };
  readonly #listeners = new Set<() => void>();
  readonly #api = createApi(nobody);
  readonly #refresh = single(() => alone(() => this.#refreshOnce()));

  get state(): PersonState {
    return this.#state;
  }

  /** For useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): PersonState => this.#state;

  /** Finds out at page load whether the cookie still opens a session. Throws Unreachable when nobody answers. */
  async resume(): Promise<void> {
    if (this.#state.status === "unknown") await this.#refresh();
  }

  async signIn(email: string, password: string): Promise<void> {
    this.#enter(await unwrap(this.#api.POST("/v1/auth/sign-in", { body: { email, password } })));
  }

  async signUp(body: SignUp): Promise<void> {
    this.#enter(await unwrap(this.#api.POST("/v1/auth/sign-up", { body })));
  }

  /** Forgets the session here even when the server cannot be told. */
  async signOut(): Promise<void> {
    try {
      await createApi(this).POST("/v1/auth/sign-out");
    } finally {
      this.#set({ status: "out" });
    }
  }

  async token(): Promise<string | null> {
    if (this.#state.status !== "in") return null;
    const { access_token, expires_ms } = this.#state.session;
    return expires_ms - Date.now() > 20_000 ? access_token : this.#refresh();
  }

  async renew(stale: string | null): Promise<string | null> {
    if (this.#state.status === "in" && this.#state.session.access_token !== stale) return this.#state.session.access_token;
    return this.#refresh();
  }

  async #refreshOnce(): Promise<string | null> {
    try {
      const session = await unwrap(this.#api.POST("/v1/auth/refresh"));
      this.#enter(session);
      return session.access_token;
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      this.#set({ status: "out" });
      return null;
    }
  }

  #enter(session: Session): void {
    this.#set({ status: "in", session });
  }

  #set(state: PersonState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export interface SignUp {
  business_name: string;
  currency: string;
  time_zone: string;
  email: string;
  password: string;
  name: string;
}
