// Orders in a list: receipt, what was sold, whose tab, when, how much.
import type { Event, Order } from "@/api";
import { formatTime } from "@/format";
import { places } from "@/rooms/events";
import { Money } from "@/ui";
import { Chip, Code, Rows, type Column } from "@/ui/desk";
import { flagLabel } from "../words";

interface OrderTableProps {
  event: Event;
  orders: Order[] | undefined;
  /** Leaves the tab out, where all are of one tab. */
  oneTab?: boolean;
  stations: Map<string, string>;
  onMore?: (() => void) | undefined;
  moreBusy?: boolean;
}

export function OrderTable({ event, orders, oneTab = false, stations, onMore, moreBusy = false }: OrderTableProps) {
  const columns: Column<Order>[] = [
    { label: "Sold", role: "title", cell: soldWords },
    { label: "Receipt", role: "meta", cell: (order) => <Code>{order.receipt}</Code> },
    ...(oneTab ? [] : [{ label: "Tab", role: "meta", cell: (order: Order) => order.tab_label } as const]),
    { label: "Station", role: "meta", cell: (order) => stations.get(order.station_id ?? "") ?? "" },
    { label: "Time", role: "meta", cell: (order) => <span>{formatTime(order.effective_ms, "seconds", event.time_zone)}</span> },
    { label: "State", role: "meta", cell: (order) => <OrderState order={order} /> },
    { label: "Total", role: "figure", cell: (order) => <Money minor={order.total_minor} currency={order.currency} /> },
  ];
  return <Rows label="Orders" columns={columns} rows={orders} id={(order) => order.id} to={(order) => places.order(event.id, order.id)} onMore={onMore} moreBusy={moreBusy} />;
}

export function OrderState({ order }: { order: Order }) {
  const [first] = order.flags;
  if (first) return <Chip tone="bad">{order.flags.length > 1 ? `${flagLabel(first.code)} +${order.flags.length - 1}` : flagLabel(first.code)}</Chip>;
  return order.state === "processed" ? <Chip tone="good">On the tab</Chip> : <Chip tone="busy">On its way</Chip>;
}

function soldWords(order: Order): string {
  const shown = order.lines.slice(0, 2).map((line) => `${line.quantity} × ${line.name}`);
  const more = order.lines.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` +${more}` : "");
}
