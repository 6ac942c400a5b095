// Choices for one product: each group with what it asks for, how many of it, and what it comes to.
import { ActionIcon, Button, Modal, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCheck, IconMinus, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { Menu, Modifier, ModifierGroup, Product } from "@/api";
import { formatMoney } from "@/format";
import { add, chosenOf, demand, toggle, total, unmet, type Chosen } from "../basket";
import classes from "./ModifierSheet.module.css";

interface ModifierSheetProps {
  /** The product to choose for; null closes the sheet. */
  product: Product | null;
  menu: Menu;
  onAdd: (product: Product, modifiers: Chosen[], quantity: number) => void;
  onClose: () => void;
}

export function ModifierSheet({ product, menu, onAdd, onClose }: ModifierSheetProps) {
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  return (
    <Modal opened={product !== null} onClose={onClose} title={product?.name} size="lg" fullScreen={phone} radius={phone ? 0 : "lg"} closeButtonProps={{ "aria-label": "Close", size: 44 }} classNames={{ title: classes.title ?? "", body: classes.body ?? "" }}>
      {product && <Choices key={product.id} product={product} menu={menu} onAdd={onAdd} />}
    </Modal>
  );
}

function Choices({ product, menu, onAdd }: { product: Product; menu: Menu; onAdd: ModifierSheetProps["onAdd"] }) {
  const [chosen, setChosen] = useState<string[]>([]);
  const [quantity, setQuantity] = useState(1);
  const groups = groupsOf(menu, product);
  const modifiers = groups.flatMap((group) => group.modifiers).filter((modifier) => chosen.includes(modifier.id)).map(chosenOf);
  const missing = unmet(groups, chosen);
  const due = total(add([], product, modifiers, quantity));
  return (
    <>
      {groups.map((group) => (
        <fieldset key={group.id} className={classes.group}>
          <legend className={classes.legend}>
            {group.name} <span className={classes.demand}>{demand(group)}</span>
          </legend>
          <div className={classes.choices}>
            {group.modifiers
              .filter((modifier) => modifier.active)
              .map((modifier) => (
                <Choice key={modifier.id} modifier={modifier} currency={menu.currency} taken={chosen.includes(modifier.id)} onClick={() => setChosen(toggle(chosen, group, modifier.id))} />
              ))}
          </div>
        </fieldset>
      ))}
      <div className={classes.foot}>
        <div className={classes.stepper} role="group" aria-label="How many">
          <ActionIcon variant="default" aria-label="One less" disabled={quantity === 1} onClick={() => setQuantity(quantity - 1)}>
            <IconMinus size={18} />
          </ActionIcon>
          <output className={classes.quantity}>{quantity}</output>
          <ActionIcon variant="default" aria-label="One more" onClick={() => setQuantity(quantity + 1)}>
            <IconPlus size={18} />
          </ActionIcon>
        </div>
        <Button className={classes.add} disabled={missing !== undefined} onClick={() => onAdd(product, modifiers, quantity)}>
          {missing ? `${missing.name}: ${demand(missing)}` : `Add ${formatMoney(due, menu.currency)}`}
        </Button>
      </div>
    </>
  );
}

function Choice({ modifier, currency, taken, onClick }: { modifier: Modifier; currency: string; taken: boolean; onClick: () => void }) {
  const sign = modifier.price_minor > 0 ? "+" : "";
  return (
    <UnstyledButton className={classes.choice} aria-pressed={taken} onClick={onClick}>
      <span className={classes.tick} aria-hidden>
        {taken && <IconCheck size={16} stroke={3} />}
      </span>
      <span className={classes.name}>{modifier.name}</span>
      {modifier.price_minor !== 0 && (
        <span className={classes.price}>
          {sign}
          {formatMoney(modifier.price_minor, currency)}
        </span>
      )}
    </UnstyledButton>
  );
}

/** The product's groups in its own order. */
export function groupsOf(menu: Menu, product: Product): ModifierGroup[] {
  const known = new Map(menu.modifier_groups.map((group) => [group.id, group]));
  return product.modifier_group_ids.map((id) => known.get(id)).filter((group) => group !== undefined);
}
