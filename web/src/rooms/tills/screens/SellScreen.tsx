// Selling: the menu on one side, the basket on the other; on a phone the basket comes up from below.
import { Button, Drawer, Skeleton } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { explain, type Menu, type Product } from "@/api";
import { formatMoney, plural } from "@/format";
import { ErrorState } from "@/ui";
import { count, total, type Chosen } from "../basket";
import { BasketPanel } from "../parts/BasketPanel";
import { ChargeResult } from "../parts/ChargeResult";
import { groupsOf, ModifierSheet } from "../parts/ModifierSheet";
import { ProductGrid } from "../parts/ProductGrid";
import { TagSheet } from "../parts/TagSheet";
import { useMenu } from "../queries";
import { useTagReader, useTill } from "../TillContext";
import { useSelling } from "../useSelling";
import classes from "./SellScreen.module.css";

export function SellScreen() {
  const { session } = useTill();
  const menu = useMenu(session.event_id);
  if (menu.data) return <Counter menu={menu.data} />;
  if (menu.error) return <ErrorState {...explain(menu.error)} action="Try again" busy={menu.isFetching} onAction={() => void menu.refetch()} />;
  return <CounterSkeleton />;
}

function Counter({ menu }: { menu: Menu }) {
  const selling = useSelling(menu);
  const { basket, tag, sale } = selling;
  const narrow = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false });
  const [choosing, setChoosing] = useState<Product | null>(null);
  const [asking, ask] = useDisclosure(false);
  const [opened, drawer] = useDisclosure(false);

  const pick = (product: Product) => {
    if (groupsOf(menu, product).some((group) => group.min > 0)) setChoosing(product);
    else selling.put(product);
  };
  const charge = (uid: string | null) => {
    if (uid === null) {
      ask.open();
      return;
    }
    ask.close();
    drawer.close();
    selling.charge(uid);
  };
  const takeTag = (uid: string) => {
    // While the sheet asks for it, the tag is the last thing missing; at any other time it only says who is standing there.
    if (asking && basket.length > 0) charge(uid);
    else selling.greet(uid);
    ask.close();
  };
  useTagReader(takeTag);

  const panel = (
    <BasketPanel
      basket={basket}
      currency={menu.currency}
      pricesIncludeTax={menu.prices_include_tax}
      tag={tag}
      onStep={selling.step}
      onClear={selling.clear}
      onTag={ask.open}
      onTagOff={() => selling.setTag(null)}
      onCharge={() => charge(tag?.uid ?? null)}
    />
  );
  return (
    <div className={classes.counter}>
      <ProductGrid menu={menu} counts={selling.counts} onPick={pick} onOptions={setChoosing} />
      {narrow ? (
        <>
          <div className={classes.dock}>
            <Button fullWidth h={60} fz={17} justify="space-between" disabled={basket.length === 0} rightSection={formatMoney(total(basket), menu.currency)} onClick={drawer.open}>
              {basket.length === 0 ? "The basket is empty" : `${plural(count(basket), "item")} · open the basket`}
            </Button>
          </div>
          <Drawer opened={opened} onClose={drawer.close} position="bottom" size="86%" title="Basket" closeButtonProps={{ "aria-label": "Close", size: 44 }} classNames={{ content: classes.drawer ?? "", body: classes.drawerBody ?? "" }}>
            {panel}
          </Drawer>
        </>
      ) : (
        <aside className={classes.side}>{panel}</aside>
      )}
      <ModifierSheet
        product={choosing}
        menu={menu}
        onClose={() => setChoosing(null)}
        onAdd={(product: Product, modifiers: Chosen[], quantity: number) => {
          selling.put(product, modifiers, quantity);
          setChoosing(null);
        }}
      />
      <TagSheet opened={asking} onClose={ask.close} onTag={takeTag} action={basket.length > 0 ? `Charge ${formatMoney(total(basket), menu.currency)}` : "Use this tag"} detail={basket.length > 0 ? `${formatMoney(total(basket), menu.currency)} goes on the tab of whoever wears it.` : "Their name shows beside the basket."} />
      <ChargeResult sale={sale} owner={selling.soldTo} onNext={selling.next} onRetry={selling.retry} onBack={selling.takeBack} />
    </div>
  );
}

function CounterSkeleton() {
  return (
    <div className={classes.counter} aria-busy="true" aria-label="Loading the menu">
      <div className={classes.ghosts}>
        {Array.from({ length: 16 }, (_, n) => (
          <Skeleton key={n} height={108} radius={16} />
        ))}
      </div>
      <aside className={classes.side} />
    </div>
  );
}
