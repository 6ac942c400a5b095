// Choosing a ready-made menu: what is in it, at which prices, with which tax.
import { Button, NumberInput, Stack } from "@mantine/core";
import { useState } from "react";
import type { Event } from "@/api";
import { formatMoney } from "@/format";
import { Refused } from "@/ui/desk";
import { useUseStarter } from "../queries";
import { starterPrice, starters, usualTaxPercent } from "../starters";
import classes from "./StarterChoice.module.css";

export function StarterChoice({ event, onDone = () => undefined }: { event: Event; onDone?: () => void }) {
  const [chosen, setChosen] = useState(starters[0]);
  const [percent, setPercent] = useState<number | string>(() => usualTaxPercent(event.time_zone));
  const use = useUseStarter(event.id, onDone);
  if (!chosen) return null;
  return (
    <Stack gap="md">
      <div className={classes.choices} role="radiogroup" aria-label="Menu to start from">
        {starters.map((starter) => (
          <button key={starter.id} type="button" role="radio" aria-checked={starter === chosen} className={classes.choice} onClick={() => setChosen(starter)}>
            <b>{starter.name}</b>
            <span>{starter.about}</span>
          </button>
        ))}
      </div>
      <div className={classes.preview}>
        {chosen.categories.map((category) => (
          <div key={category.name}>
            <div className={classes.heading}>
              <span className={classes.swatch} style={{ background: category.color }} aria-hidden />
              {category.name}
            </div>
            <ul className={classes.products}>
              {category.products.map((product) => (
                <li key={product.name}>
                  <span>{product.name}</span>
                  <span className="figures">{formatMoney(starterPrice(product.tenths, event.currency), event.currency)}</span>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <NumberInput
        hideControls
        label={event.prices_include_tax ? "Tax inside these prices" : "Tax on top of these prices"}
        description="A guess for where you are. Everything here can be changed later."
        suffix=" %"
        min={0}
        max={100}
        decimalScale={4}
        maw={320}
        value={percent}
        onChange={setPercent}
      />
      <Refused failure={use.failure} />
      <Button loading={use.busy} onClick={() => use.run({ starter: chosen, currency: event.currency, taxPpm: Math.round(Number(percent) * 10_000) })}>
        Use this menu
      </Button>
    </Stack>
  );
}
