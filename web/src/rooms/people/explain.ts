// Every refusal of the server in words a person can act on: what is wrong, then what to do.
import { explain, Problem } from "@/api";
import type { Explained } from "@/ui/desk";

const NOT_FOUND = 404;

export function explainFully(error: unknown): Explained {
  if (!(error instanceof Problem)) return { ...explain(error), fields: {} };
  const fields: Record<string, string> = {};
  for (const one of error.errors) fields[one.field] ??= sentence([one.reason, one.cure].filter(Boolean).join(": "));
  const cures = error.errors.map((one) => sentence(one.cure ?? "")).filter(Boolean);
  const said = error.message === error.title ? [] : [error.message];
  return { title: error.title, detail: [...said, ...new Set(cures)].join(" ") || sentence(error.title), fields, missing: error.status === NOT_FOUND };
}

/** "use at least 10" → "Use at least 10." */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const end = /[.!?…]$/.test(trimmed) ? "" : ".";
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + end;
}
