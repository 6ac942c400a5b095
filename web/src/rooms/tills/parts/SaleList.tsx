// The sales of this till, newest first, each with where it has got to.
import { ActionIcon, Badge } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { formatTime } from "@/format";
import { EmptyState, Money } from "@/ui";
import type { Sale, SaleState } from "../sale";
import { flagSentence, stateWords } from "../words";
import classes from "./SaleList.module.css";

const colors: Record<SaleState, string> = { waiting: "amber", accepted: "tonic", on_tab: "hop", refused: "grenadine" };

interface SaleListProps {
  sales: readonly Sale[];
  timeZone: string | undefined;
  onDismiss: (orderId: string) => void;
}

export function SaleList({ sales, timeZone, onDismiss }: SaleListProps) {
  if (sales.length === 0) return <EmptyState title="No sales yet" detail="What this till sells shows up here, with its receipt." />;
  return (
    <ul className={classes.list} aria-label="Sales of this till">
      {sales.map((sale) => (
        <li key={sale.order.id} className={classes.sale}>
          <span className={classes.time}>{formatTime(sale.madeMs, "seconds", timeZone)}</span>
          <span className={classes.what}>
            <span>{sale.basket.map((line) => `${line.quantity}× ${line.name}`).join(", ")}</span>
            <span className={classes.detail}>{detailOf(sale)}</span>
          </span>
          <span className={classes.amount}>
            <Money minor={sale.order.total_minor} currency={sale.order.currency} />
          </span>
          <span className={classes.state}>
            <Badge variant="light" color={colors[sale.state]} size="lg" tt="none">
              {stateWords[sale.state]}
            </Badge>
            {sale.state === "refused" && (
              <ActionIcon aria-label="Take this sale off the list" onClick={() => onDismiss(sale.order.id)}>
                <IconX size={18} />
              </ActionIcon>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function detailOf(sale: Sale): string {
  const flag = sale.flags[0];
  return [sale.receipt, `tag ${sale.order.tag?.uid ?? ""}`, sale.trouble?.detail, flag && flagSentence(flag.code)].filter(Boolean).join(" · ");
}
