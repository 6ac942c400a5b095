// What a palette finds, and in which order.
import type { ReactNode } from "react";

export interface Command {
  id: string;
  label: string;
  /** What kind of thing it is: "Page", "Queue", "Do". */
  group: string;
  icon?: ReactNode;
  run: () => void;
}

/** Those that fit every word of `text`; the ones that begin with it first, then where a word begins with it. */
export function found(commands: Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return commands;
  return commands
    .map((command, index) => ({ command, index, rank: rankOf(`${command.label} ${command.group}`.toLowerCase(), words) }))
    .filter(({ rank }) => rank !== null)
    .sort((one, other) => (one.rank ?? 0) - (other.rank ?? 0) || one.index - other.index)
    .map(({ command }) => command);
}

function rankOf(label: string, words: string[]): number | null {
  let rank = 0;
  for (const word of words) {
    const place = label.indexOf(word);
    if (place < 0) return null;
    rank += place === 0 ? 0 : /[\s._:-]/.test(label[place - 1] ?? "") ? 1 : 2;
  }
  return rank;
}
