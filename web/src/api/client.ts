// The HTTP client: typed by the server's own document, carries the access token, renews it once when it has run out.
import createClient, { type Client } from "openapi-fetch";
import { problemOf, Unreachable } from "./problem";
import type { paths } from "./schema";

/** Who is asking. A person's session, a till's and a guest's link each give one of these. */
export interface Credentials {
  /** The access token to send, or null to ask as nobody. */
  token: () => Promise<string | null>;
  /** Called when the server refused `stale`: a fresh token, or null when the session is over. */
  renew: (stale: string | null) => Promise<string | null>;
}

export const nobody: Credentials = {
  token: () => Promise.resolve(null),
  renew: () => Promise.resolve(null),
};

export type Api = Client<paths>;

/** Makes a client for these credentials. `baseUrl` is only needed outside a browser. */
export function createApi(credentials: Credentials, baseUrl: string = globalThis.location.origin): Api {
  return createClient<paths>({ baseUrl, fetch: (request) => send(request, credentials) });
}

async function send(request: Request, credentials: Credentials): Promise<Response> {
  const again = request.clone();
  const token = await credentials.token();
  const response = await attempt(request, token);
  if (response.status !== 401 || token === null) return response;
  const fresh = await credentials.renew(token);
  return fresh === null ? response : attempt(again, fresh);
}

async function attempt(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set("authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error);
  }
}

/** Awaits an answer of the client: the data of a success, or throws Problem or Unreachable. */
export async function unwrap<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw problemOf(response.status, error);
}
