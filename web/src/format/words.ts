// Numbers with their nouns.

const rules = new Intl.PluralRules("en");

/** `plural(1, "order")` → "1 order"; `plural(2, "entry", "entries")` → "2 entries". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${rules.select(count) === "one" ? one : many}`;
}

const counts = new Intl.NumberFormat();

/** A count with the reader's thousands mark. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** Parts per million as a percentage: 190000 → "19%", 88750 → "8.875%". */
export function formatRate(ppm: number): string {
  const whole = Math.floor(ppm / 10_000);
  const rest = (ppm % 10_000).toString().padStart(4, "0").replace(/0+$/, "");
  return `${whole}${rest ? `.${rest}` : ""}%`;
}
