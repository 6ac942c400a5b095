// Money as people read it: whole minor units in, text out. No floating point anywhere on the way.

/** Currencies whose minor unit is not a hundredth (ISO 4217). */
const exponents: Record<string, number> = Object.fromEntries([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"].map((code) => [code, 0]),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((code) => [code, 3]),
]) as Record<string, number>;

/** How many digits the currency has after its decimal mark. */
export function exponentOf(currency: string): number {
  return exponents[currency.toUpperCase()] ?? 2;
}

/** Writes minor units as a plain decimal, `1205` EUR as `12.05`. Throws RangeError on anything but a safe integer. */
export function decimalOf(minor: number, currency: string): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`money must be whole minor units, got: ${minor}`);
  const exponent = exponentOf(currency);
  const digits = Math.abs(minor).toString().padStart(exponent + 1, "0");
  const sign = minor < 0 ? "-" : "";
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatterOf(currency: string, locale: string | undefined): Intl.NumberFormat {
  const key = `${locale ?? ""}:${currency}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    const digits = exponentOf(currency);
    formatter = new Intl.NumberFormat(locale, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formatters.set(key, formatter);
  }
  return formatter;
}

/** `1205`, "EUR" → "€12.05" in the reader's own notation. */
export function formatMoney(minor: number, currency: string, locale?: string): string {
  return formatterOf(currency, locale).format(decimalOf(minor, currency) as Intl.StringNumericLiteral);
}

/** The same in pieces, so that a page can set the digits large and the symbol small. */
export function moneyParts(minor: number, currency: string, locale?: string): Intl.NumberFormatPart[] {
  return formatterOf(currency, locale).formatToParts(decimalOf(minor, currency) as Intl.StringNumericLiteral);
}

/**
 * Reads what a person typed ("4.5", "4,50", "1 200") as minor units.
 * Returns null when it is not an amount or has more digits than the currency knows.
 */
export function parseMoney(text: string, currency: string): number | null {
  const exponent = exponentOf(currency);
  const match = /^(-?)(\d+)(?:[.,](\d*))?$/.exec(text.replace(/[\s\u00a0\u202f']/g, ""));
  if (!match) return null;
  const [, sign = "", whole = "0", fraction = ""] = match;
  if (fraction.length > exponent) return null;
  const minor = Number(`${sign}${whole}${fraction.padEnd(exponent, "0")}`);
  return Number.isSafeInteger(minor) ? minor : null;
}
