// The orders of a tab, newest first, each like a line on a receipt.
import { IconClock, IconInfoCircle } from "@tabler/icons-react";
import { formatTime } from "@/format";
import { EmptyState, Money } from "@/ui";
import type { GuestOrder } from "./news";
import classes from "./OrderList.module.css";
import { flagSentence, noOrders } from "./words";

interface OrderListProps {
  orders: GuestOrder[];
  /** Ids of the orders that came while the page was open. */
  arrivals: ReadonlySet<string>;
  stations: ReadonlyMap<string, string> | undefined;
  timeZone: string | undefined;
}

export function OrderList({ orders, arrivals, stations, timeZone }: OrderListProps) {
  if (orders.length === 0) return <EmptyState {...noOrders} />;
  return (
    <section aria-labelledby="orders-title">
      <h2 id="orders-title" className={classes.title}>
        Orders
      </h2>
      <ul className={classes.list}>
        {orders.map((order) => (
          <OrderCard key={order.id} order={order} isNew={arrivals.has(order.id)} station={stations?.get(order.stationId ?? "")} timeZone={timeZone} />
        ))}
      </ul>
    </section>
  );
}

interface OrderCardProps {
  order: GuestOrder;
  isNew: boolean;
  station: string | undefined;
  timeZone: string | undefined;
}

function OrderCard({ order, isNew, station, timeZone }: OrderCardProps) {
  const { pending, flag } = order;
  return (
    <li className={classes.card} data-new={isNew} data-pending={pending} data-testid="order">
      <div className={classes.cardHead}>
        <span>
          <time dateTime={new Date(order.acceptedMs).toISOString()}>{formatTime(order.acceptedMs, "time", timeZone)}</time>
          {station && <> · {station}</>}
        </span>
        {order.lines.length > 1 && <Money fw={700} c="var(--mantine-color-text)" minor={order.totalMinor} currency={order.currency} />}
      </div>
      {order.lines.map((line, index) => (
        <div key={index} className={classes.line}>
          <span className={classes.quantity}>{line.quantity}×</span>
          <span className={classes.product}>
            {line.name}
            {line.modifiers.length > 0 && <span className={classes.modifiers}>{line.modifiers.join(", ")}</span>}
          </span>
          <Money minor={line.grossMinor} currency={order.currency} />
        </div>
      ))}
      {pending && (
        <p className={classes.note}>
          <IconClock size={16} aria-hidden /> On its way to your tab
        </p>
      )}
      {!pending && flag && (
        <p className={classes.note}>
          <IconInfoCircle size={16} aria-hidden /> {flagSentence(flag)}
        </p>
      )}
    </li>
  );
}

export function OrderListSkeleton() {
  return (
    <section aria-busy="true" aria-label="Loading your orders">
      <div className={classes.title}>{"\u00a0"}</div>
      <div className={classes.list}>
        {[0, 1, 2].map((n) => (
          <div key={n} className={classes.card} style={{ height: 82, opacity: 1 - n * 0.28 }} />
        ))}
      </div>
    </section>
  );
}
