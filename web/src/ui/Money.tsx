// An amount of money on a page: figures of equal width, so that columns line up and a changing total does not wobble.
import { Text, type TextProps } from "@mantine/core";
import { formatMoney, moneyParts } from "@/format";
import classes from "./Money.module.css";

interface MoneyProps extends TextProps {
  minor: number;
  currency: string;
}

export function Money({ minor, currency, ...text }: MoneyProps) {
  return (
    <Text span inherit {...text} className={classes.figures}>
      {formatMoney(minor, currency)}
    </Text>
  );
}

/** The large form, for the one number a page is about: symbol and fraction step back, the whole units stand out. */
export function BigMoney({ minor, currency }: { minor: number; currency: string }) {
  const parts = moneyParts(minor, currency);
  const small = new Set(["currency", "fraction", "decimal", "literal"]);
  return (
    <span className={classes.big}>
      {parts.map((part, index) => (
        <span key={index} className={small.has(part.type) ? classes.small : undefined}>
          {part.value}
        </span>
      ))}
    </span>
  );
}
