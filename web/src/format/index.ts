// The front door of format/: money, time and counts as people read them.
export { decimalOf, exponentOf, formatMoney, moneyParts, parseMoney } from "./money";
export { formatAge, formatTime, ownZone } from "./time";
export { formatCount, formatRate, plural } from "./words";
