// One order: what was sold, what it came to, where it stands, and what is odd about it.
import { Alert } from "@mantine/core";
import { IconFlag } from "@tabler/icons-react";
import type { Event, Order } from "@/api";
import { useRefresh } from "@/api/refresh";
import { formatMoney, formatTime } from "@/format";
import { places, useStations } from "@/rooms/events";
import { Money } from "@/ui";
import { Code, Go, Loaded, PageHead, Panel } from "@/ui/desk";
import { OrderState } from "../parts/OrderTable";
import { keys, useOrder } from "../queries";
import { flagLabel, tookSentence } from "../words";
import classes from "./OrderPage.module.css";

export function OrderPage({ event, orderId }: { event: Event; orderId: string }) {
  const order = useOrder(orderId);
  const waiting = order.data?.state === "accepted";
  useRefresh(waiting ? `event:${event.id}` : null, [keys.order(orderId)]);
  return (
    <>
      <PageHead title={order.data ? `Order ${order.data.receipt}` : "Order"} back={{ to: places.orders(event.id), label: "Orders" }} />
      <Loaded query={order} ghost={<Ghost />}>
        {(data) => <OrderBody event={event} order={data} />}
      </Loaded>
    </>
  );
}

function OrderBody({ event, order }: { event: Event; order: Order }) {
  return (
    <div className={classes.columns}>
      <div className={classes.stack}>
        {order.flags.map((flag) => (
          <Alert key={flag.code + flag.field} color="grenadine" variant="light" icon={<IconFlag size={20} />} title={flagLabel(flag.code)}>
            {flag.detail}
          </Alert>
        ))}
        <Panel title="Sold" flush>
          <ul className={classes.lines}>
            {order.lines.map((line) => (
              <li key={line.n}>
                <span className={classes.quantity}>{line.quantity} ×</span>
                <span className={classes.what}>
                  <b>{line.name}</b>
                  <span className={classes.about}>
                    {[formatMoney(line.unit_price_minor, order.currency), ...line.modifiers.map((one) => `${one.name}${one.price_minor === 0 ? "" : ` ${formatMoney(one.price_minor, order.currency)}`}`)].join(
                      " · ",
                    )}
                  </span>
                  {line.note !== null && <span className={classes.about}>“{line.note}”</span>}
                </span>
                <Money minor={order.state === "processed" ? line.gross_minor : line.unit_price_minor * line.quantity} currency={order.currency} />
              </li>
            ))}
          </ul>
          <div className={classes.total}>
            <span>Total</span>
            <Money minor={order.total_minor} currency={order.currency} />
          </div>
          <p className={classes.tax}>{order.state === "processed" ? `${event.prices_include_tax ? "incl." : "with"} ${formatMoney(order.tax_minor, order.currency)} tax` : "tax is being worked out"}</p>
        </Panel>
      </div>
      <Panel title="Where it stands">
        <Facts event={event} order={order} />
      </Panel>
    </div>
  );
}

function Facts({ event, order }: { event: Event; order: Order }) {
  const stations = useStations(event.id).data;
  const at = (ms: number) => formatTime(ms, "moment", event.time_zone);
  return (
    <dl className={classes.facts}>
      <dt>State</dt>
      <dd>
        <OrderState order={order} />
      </dd>
      <dt>Tab</dt>
      <dd>
        <Go to={places.tab(event.id, order.tab_id)}>{order.tab_label}</Go>
      </dd>
      <dt>Station</dt>
      <dd>{stations?.find((station) => station.id === order.station_id)?.name ?? "None"}</dd>
      <dt>Sold</dt>
      <dd>{at(order.effective_ms)}</dd>
      <dt>Accepted</dt>
      <dd>
        {at(order.accepted_ms)}
        {order.processed_ms !== null && <span className={classes.about}>{tookSentence(order.accepted_ms, order.processed_ms)}</span>}
      </dd>
      <dt>Id</dt>
      <dd>
        <Code>{order.id}</Code>
      </dd>
    </dl>
  );
}

function Ghost() {
  return (
    <div className={classes.columns} aria-busy="true">
      <Panel title={"\u00a0"}>
        <div className={classes.ghost} />
      </Panel>
      <Panel title={"\u00a0"}>
        <div className={classes.ghost} />
      </Panel>
    </div>
  );
}
