// The last step: waits for the first sale and shows it the moment it is made.
import { Button, Loader } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useLive, type Event } from "@/api";
import { useAddGuest } from "@/rooms/guests";
import { useAccess } from "@/rooms/people";
import { formatMoney } from "@/format";
import { Mark } from "@/ui";
import { Code, Panel, Refused } from "@/ui/desk";
import classes from "./FirstSale.module.css";

/** A tag to sell the first drink to: the person in front of the screen wears it. */
const FIRST_TAG = "0001";

interface Sale {
  what: string;
  money: string;
}

interface PricedNews {
  total_minor: number;
  currency: string;
  lines: { name: string; quantity: number }[];
}

export function FirstSale({ event, onOverview }: { event: Event; onOverview: () => void }) {
  const [sale, setSale] = useState<Sale | null>(null);
  const { me } = useAccess();
  const add = useAddGuest(event.id, () => undefined, false);
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    add.run({ name: me.name, email: "", phone: "", tag: FIRST_TAG });
  }, [add, me.name]);
  useLive(
    `event:${event.id}`,
    (news) => {
      if (news.kind !== "order.priced") return;
      const { lines, total_minor, currency } = news.data as PricedNews;
      setSale({ what: lines.map((line) => `${line.quantity} × ${line.name}`).join(", "), money: formatMoney(total_minor, currency) });
    },
    () => undefined,
  );
  return (
    <div style={{ maxWidth: 860 }}>
      <Panel>
        <Refused failure={add.failure} />
        <div className={classes.scene} data-sold={sale !== null || undefined} aria-live="polite">
          <Mark size={84} />
          {sale ? (
            <>
              <h2 className={classes.title} data-testid="first-sale">
                {sale.what} for {sale.money}
              </h2>
              <p>That was your first sale. It is on the tab, taxed and in the books.</p>
              <Button rightSection={<IconArrowRight size={18} />} onClick={onOverview}>
                See it on the overview
              </Button>
            </>
          ) : (
            <>
              <h2 className={classes.title}>Now sell something</h2>
              <p>
                At the till, use tag <Code>{FIRST_TAG}</Code>: that is you. Tap a product, then charge it. It shows up here the same second.
              </p>
              <Loader type="dots" aria-label="Waiting for the first sale" />
              <Button variant="subtle" onClick={onOverview}>
                Go to the overview
              </Button>
            </>
          )}
        </div>
      </Panel>
    </div>
  );
}
