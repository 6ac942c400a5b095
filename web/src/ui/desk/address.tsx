// What the address of a page says: its parts ("$eventId") and its filters ("?state=open"), always as plain text.
import { useParams, useRouter, useSearch } from "@tanstack/react-router";

export interface Address {
  /** A part of the path by its name; empty when the path has none of that name. */
  part: (name: string) => string;
  search: Record<string, string>;
  /** Puts other filters into the address; the page before stays the one to go back to. */
  narrow: (search: Record<string, string>) => void;
}

/** The router's own types know one app; these pages are told by text. */
export function useAddress(): Address {
  const parts: unknown = useParams({ strict: false });
  const search: unknown = useSearch({ strict: false });
  const { history } = useRouter() as { history: { replace: (path: string) => void } };
  return {
    part: (name) => texts(parts)[name] ?? "",
    search: texts(search),
    narrow: (next) => history.replace(location.pathname + writeSearch(next)),
  };
}

function texts(of: unknown): Record<string, string> {
  return typeof of === "object" && of !== null ? Object.fromEntries(Object.entries(of).filter((entry): entry is [string, string] => typeof entry[1] === "string")) : {};
}

/** For createRouter: filters are text, so that a tag "0012" stays what it is. */
export function readSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function writeSearch(search: Record<string, unknown>): string {
  const said = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "");
  const text = new URLSearchParams(said).toString();
  return text === "" ? "" : `?${text}`;
}
