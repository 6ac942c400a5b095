// The state of one counter: basket, tag, and the sale on the screen. Everything that must not be lost goes through the outbox.
import { useMemo, useState } from "react";
import type { Menu, Product } from "@/api";
import { add, step, type Basket, type Chosen } from "./basket";
import { useTagOwner } from "./queries";
import type { Sale } from "./sale";
import { useSales, useTill } from "./TillContext";

export function useSelling(menu: Menu) {
  const { session, outbox } = useTill();
  const sales = useSales();
  const [basket, setBasket] = useState<Basket>(() => outbox.basket);
  const [tagUid, setTag] = useState<string | null>(null);
  const [shownId, setShownId] = useState<string | null>(null);
  const owner = useTagOwner(session.event_id, tagUid).data;
  const [soldTo, setSoldTo] = useState<string | null>(null);

  const keep = (next: Basket) => {
    outbox.keepBasket(next);
    setBasket(next);
  };
  return {
    basket,
    counts: useMemo(() => countByProduct(basket), [basket]),
    tag: tagUid === null ? null : { uid: tagUid, owner },
    sale: sales.find((sale) => sale.order.id === shownId) ?? null,
    soldTo,
    setTag,
    put: (product: Product, modifiers: Chosen[] = [], quantity = 1) => keep(add(basket, product, modifiers, quantity)),
    step: (key: string, by: number) => keep(step(basket, key, by)),
    clear: () => keep([]),
    charge: (uid: string) => {
      const place = { eventId: session.event_id, stationId: session.station_id };
      setShownId(outbox.charge({ basket, tagUid: uid, currency: menu.currency, catalogVersion: menu.catalog_version, ...place }));
      setSoldTo(uid === tagUid && owner !== undefined && owner !== "nobody" ? owner.name : null);
      setBasket([]);
      setTag(null);
    },
    retry: () => void outbox.send(),
    next: () => setShownId(null),
    /** The next guest holds out their tag: what went well before them need not be confirmed. */
    greet: (uid: string) => {
      setTag(uid);
      setShownId((id) => (sales.some((sale) => sale.order.id === id && sale.state !== "refused") ? null : id));
    },
    /** A refused sale goes back to the screen to be put right; it gets a new id, because the server will never take the old one. */
    takeBack: (sale: Sale) => {
      keep(sale.basket);
      outbox.dismiss(sale.order.id);
      setShownId(null);
    },
  };
}

function countByProduct(basket: Basket): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of basket) counts.set(line.product_id, (counts.get(line.product_id) ?? 0) + line.quantity);
  return counts;
}
