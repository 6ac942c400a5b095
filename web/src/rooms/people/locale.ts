// What a browser gives away about where a business is: good guesses, so that nobody starts from an empty form.

/** Regions whose currency is not the euro; everything unknown starts with the euro and can be changed. */
const byRegion: Record<string, string> = {
  AE: "AED", AU: "AUD", BR: "BRL", CA: "CAD", CH: "CHF", CN: "CNY", CZ: "CZK", DK: "DKK", GB: "GBP", HK: "HKD", HU: "HUF", ID: "IDR", IL: "ILS",
  IN: "INR", IS: "ISK", JP: "JPY", KR: "KRW", KW: "KWD", MX: "MXN", MY: "MYR", NO: "NOK", NZ: "NZD", PH: "PHP", PL: "PLN", RO: "RON", RS: "RSD",
  SE: "SEK", SG: "SGD", TH: "THB", TR: "TRY", TW: "TWD", UA: "UAH", US: "USD", VN: "VND", ZA: "ZAR",
};

/** Zones whose currency their continent does not tell. A browser set to American English in Berlin still stands in Berlin. */
const byZone: Record<string, string> = {
  "Europe/Belgrade": "RSD", "Europe/Bucharest": "RON", "Europe/Budapest": "HUF", "Europe/Copenhagen": "DKK", "Europe/Istanbul": "TRY", "Europe/Kyiv": "UAH",
  "Europe/London": "GBP", "Europe/Oslo": "NOK", "Europe/Prague": "CZK", "Europe/Stockholm": "SEK", "Europe/Warsaw": "PLN", "Europe/Zurich": "CHF",
  "America/Chicago": "USD", "America/Denver": "USD", "America/Los_Angeles": "USD", "America/New_York": "USD", "America/Mexico_City": "MXN",
  "America/Sao_Paulo": "BRL", "America/Toronto": "CAD", "America/Vancouver": "CAD", "Asia/Dubai": "AED", "Asia/Hong_Kong": "HKD", "Asia/Seoul": "KRW",
  "Asia/Singapore": "SGD", "Asia/Tokyo": "JPY", "Atlantic/Reykjavik": "ISK", "Pacific/Auckland": "NZD",
};

export function guessCurrency(zone: string, languages: readonly string[] = navigator.languages): string {
  const known = byZone[zone];
  if (known !== undefined) return known;
  if (zone.startsWith("Europe/")) return "EUR";
  if (zone.startsWith("Australia/")) return "AUD";
  for (const language of languages) {
    const { region } = new Intl.Locale(language);
    if (region !== undefined) return byRegion[region] ?? "EUR";
  }
  return "EUR";
}

export interface Choice {
  value: string;
  label: string;
}

/** Every currency of ISO 4217 the browser knows, with its name. */
export function currencyChoices(): Choice[] {
  const names = new Intl.DisplayNames("en", { type: "currency" });
  return Intl.supportedValuesOf("currency").map((code) => ({ value: code, label: `${code} · ${names.of(code) ?? code}` }));
}

export function zoneChoices(own: string): string[] {
  return [...new Set([own, ...Intl.supportedValuesOf("timeZone"), "UTC"])];
}
