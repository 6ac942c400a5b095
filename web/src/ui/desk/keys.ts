// Working without a mouse: "/" searches this page, "j" and "k" walk through the rows (the arrow, out of the search), Ctrl+K opens the palette.
import { useEffect, useEffectEvent } from "react";

/** Whether what has the focus takes what is typed for itself. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** The row to go to from row `at` of `count`; -1: none had the focus. */
export function nextRow(at: number, count: number, by: 1 | -1): number {
  if (at < 0) return by === 1 ? 0 : count - 1;
  return Math.min(Math.max(at + by, 0), count - 1);
}

function walk(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const row = rows[nextRow(rows.indexOf(document.activeElement as HTMLElement), rows.length, by)];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** Whether this is the search of the page: from there the arrow goes down to what was found. */
function isSearch(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "search" && target.closest("main") !== null;
}

function search(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[type=search]");
  field?.focus();
  field?.select();
  return field !== null;
}

/** Listens for the keys of a working page; `openPalette` is also the search of a page that has none. */
export function useDeskKeys(openPalette: () => void): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.key === "ArrowDown" && !event.defaultPrevented && isSearch(event.target)) {
      event.preventDefault();
      walk(1);
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector("[role=dialog]")) return;
    if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else if (event.key === "/") {
      event.preventDefault();
      if (!search()) openPalette();
    }
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
