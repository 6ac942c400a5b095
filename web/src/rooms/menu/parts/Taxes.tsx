// The tax classes of a menu, each with one rate or several on top of each other.
import { Button, NumberInput, Stack, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { Menu, TaxClass } from "@/api";
import { formatRate } from "@/format";
import { useMay } from "@/rooms/people";
import { Panel, Refused } from "@/ui/desk";
import { useSaveTaxClass } from "../queries";
import classes from "../screens/MenuPage.module.css";

export function Taxes({ menu }: { menu: Menu }) {
  const mayWrite = useMay()("menu:write");
  const open = (tax: TaxClass | null) => {
    const id = modals.open({ title: <b>{tax ? `Change ${tax.name}` : "Add a tax"}</b>, centered: true, children: <TaxForm eventId={menu.event_id} tax={tax} onClose={() => modals.close(id)} /> });
  };
  return (
    <Panel
      title="Taxes"
      flush
      aside={
        mayWrite && (
          <Button variant="subtle" leftSection={<IconPlus size={17} />} aria-label="Add a tax" onClick={() => open(null)}>
            Add
          </Button>
        )
      }
    >
      {menu.tax_classes.length === 0 && <p className={classes.quiet}>Products without a tax class are sold without tax.</p>}
      {menu.tax_classes.map((tax) => (
        <div key={tax.id} className={classes.line}>
          <span>
            <b>{tax.name}</b> <span className={classes.about}>{tax.rates.map((rate) => `${rate.name}: ${formatRate(rate.ppm)}`).join(", ") || "no rate"}</span>
          </span>
          {mayWrite && tax.rates.length <= 1 && (
            <Button variant="subtle" aria-label={`Change ${tax.name}`} onClick={() => open(tax)}>
              Change
            </Button>
          )}
        </div>
      ))}
    </Panel>
  );
}

/** One rate: what nearly every menu needs. Stacked rates come in through the API and are shown, not edited, here. */
function TaxForm({ eventId, tax, onClose }: { eventId: string; tax: TaxClass | null; onClose: () => void }) {
  const rate = tax?.rates[0];
  const [name, setName] = useState(tax?.name ?? "");
  const [percent, setPercent] = useState<number | string>(rate ? rate.ppm / 10_000 : "");
  const save = useSaveTaxClass(eventId, onClose);
  const submit = () => {
    const ppm = Math.round(Number(percent) * 10_000);
    save.run({
      ...(tax ? { id: tax.id } : {}),
      name: name.trim(),
      rates: [{ code: rate?.code ?? codeOf(name), name: `Tax ${ppm / 10_000} %`, ppm }],
    });
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="md">
        <Refused failure={save.failure} shown={["name"]} />
        <TextInput label="Name" placeholder="Standard" data-autofocus value={name} error={save.failure?.fields["name"]} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput hideControls label="Rate" suffix=" %" min={0} max={100} decimalScale={4} value={percent} onChange={setPercent} />
        <Button type="submit" loading={save.busy} disabled={name.trim() === "" || percent === ""}>
          {tax ? "Save" : "Add it"}
        </Button>
      </Stack>
    </form>
  );
}

/** A short code for receipts and ledgers: letters and digits of the name. */
function codeOf(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, 8) || "TAX";
}
