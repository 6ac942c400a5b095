// What was changed between two texts, line by line.

export interface DiffLine {
  kind: "same" | "gone" | "new";
  text: string;
}

/** The fewest lines taken out and put in that make `after` of `before`. Meant for payloads: a few thousand lines at most. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split("\n");
  const fresh = after.split("\n");
  const common = lengths(old, fresh);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push({ kind: "same", text: old[i] ?? "" });
      i += 1;
      j += 1;
    } else if (i < old.length && (j === fresh.length || at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ kind: "gone", text: old[i] ?? "" });
      i += 1;
    } else {
      lines.push({ kind: "new", text: fresh[j] ?? "" });
      j += 1;
    }
  }
  return lines;
}

function at(table: number[][], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}

/** How many lines the ends of both texts have in common, from every pair of places on. */
function lengths(old: string[], fresh: string[]): number[][] {
  const table = Array.from({ length: old.length + 1 }, () => new Array<number>(fresh.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (row) row[j] = old[i] === fresh[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}

/** JSON as a person reads it; text that is none stays as it is. */
export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
