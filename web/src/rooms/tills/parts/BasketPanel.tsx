// The basket: whose tab, what, how many, how much, and the one big button.
import { ActionIcon, Button, Text, UnstyledButton } from "@mantine/core";
import { IconMinus, IconNfc, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { formatMoney } from "@/format";
import { EmptyState, Money } from "@/ui";
import { lineTotal, total, type Basket, type BasketLine } from "../basket";
import type { TagOwner } from "../queries";
import classes from "./BasketPanel.module.css";

export interface TagState {
  uid: string;
  owner: TagOwner | undefined;
}

interface BasketPanelProps {
  basket: Basket;
  currency: string;
  pricesIncludeTax: boolean;
  tag: TagState | null;
  onStep: (key: string, by: number) => void;
  onClear: () => void;
  onTag: () => void;
  onTagOff: () => void;
  onCharge: () => void;
}

export function BasketPanel(props: BasketPanelProps) {
  const { basket, currency, tag } = props;
  const due = total(basket);
  return (
    <section className={classes.panel} aria-label="Basket">
      <TagRow tag={tag} onTag={props.onTag} onTagOff={props.onTagOff} />
      <div className={classes.lines}>
        {basket.length === 0 ? (
          <EmptyState title="The basket is empty" detail="Tap what the guest wants. Read their tag now or at the end." />
        ) : (
          <ul className={classes.list}>
            {basket.map((line) => (
              <Line key={line.key} line={line} currency={currency} onStep={props.onStep} />
            ))}
          </ul>
        )}
      </div>
      <div className={classes.foot}>
        <div className={classes.sum}>
          <span>
            Total
            {!props.pricesIncludeTax && <Text span className={classes.plus}>{" plus tax"}</Text>}
          </span>
          <span data-testid="basket-total">
            <Money fz={28} fw={750} ff="heading" minor={due} currency={currency} />
          </span>
        </div>
        <div className={classes.actions}>
          <ActionIcon className={classes.clear} variant="default" aria-label="Empty the basket" disabled={basket.length === 0} onClick={props.onClear}>
            <IconTrash size={22} stroke={1.7} />
          </ActionIcon>
          <Button className={classes.charge} disabled={basket.length === 0} onClick={props.onCharge}>
            {basket.length === 0 ? "Charge" : tag ? `Charge ${formatMoney(due, currency)}` : "Read tag and charge"}
          </Button>
        </div>
      </div>
    </section>
  );
}

function TagRow({ tag, onTag, onTagOff }: { tag: TagState | null; onTag: () => void; onTagOff: () => void }) {
  if (!tag) {
    return (
      <UnstyledButton className={classes.tag} onClick={onTag}>
        <IconNfc size={26} stroke={1.6} aria-hidden />
        <span className={classes.who}>
          <strong>No tag read</strong>
          <span className={classes.uid}>Hold it to the reader, or tap to type it</span>
        </span>
      </UnstyledButton>
    );
  }
  const known = tag.owner !== undefined && tag.owner !== "nobody";
  return (
    <div className={classes.tag} data-known={known} data-unknown={tag.owner === "nobody"}>
      <IconNfc size={26} stroke={1.6} aria-hidden />
      <span className={classes.who}>
        <strong>{tag.owner === undefined ? `Tag ${tag.uid}` : tag.owner === "nobody" ? "Nobody wears this tag yet" : tag.owner.name}</strong>
        <span className={classes.uid}>{tag.owner === "nobody" ? `${tag.uid} · the sale waits for its owner` : tag.uid}</span>
      </span>
      <ActionIcon aria-label="Take the tag off" onClick={onTagOff}>
        <IconX size={20} />
      </ActionIcon>
    </div>
  );
}

function Line({ line, currency, onStep }: { line: BasketLine; currency: string; onStep: (key: string, by: number) => void }) {
  return (
    <li className={classes.line}>
      <div className={classes.what}>
        <span className={classes.name}>{line.name}</span>
        {line.modifiers.length > 0 && <span className={classes.choices}>{line.modifiers.map((chosen) => chosen.name).join(", ")}</span>}
        <Money className={classes.amount} minor={lineTotal(line)} currency={currency} />
      </div>
      <div className={classes.stepper} role="group" aria-label={`How many ${line.name}`}>
        <ActionIcon variant="default" aria-label={line.quantity === 1 ? `Remove ${line.name}` : `One ${line.name} less`} onClick={() => onStep(line.key, -1)}>
          {line.quantity === 1 ? <IconTrash size={18} stroke={1.7} /> : <IconMinus size={18} />}
        </ActionIcon>
        <output className={classes.quantity}>{line.quantity}</output>
        <ActionIcon variant="default" aria-label={`One ${line.name} more`} onClick={() => onStep(line.key, 1)}>
          <IconPlus size={18} />
        </ActionIcon>
      </div>
    </li>
  );
}
