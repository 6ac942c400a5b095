// Adds a product, or changes one. The price is typed as people write money and sent as whole minor units.
import { Button, Chip, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Menu, ModifierGroup, Product } from "@/api";
import { MoneyInput, Refused } from "@/ui/desk";
import { useAddProduct, useChangeProduct, type ProductValues } from "../queries";
import { sentences } from "../words";

interface ProductFormProps {
  menu: Menu;
  product: Product | null;
  categoryId: string | null;
  onClose: () => void;
}

export function ProductForm({ menu, product, categoryId, onClose }: ProductFormProps) {
  return product ? <Change menu={menu} product={product} onClose={onClose} /> : <Add menu={menu} categoryId={categoryId} onClose={onClose} />;
}

function Add({ menu, categoryId, onClose }: { menu: Menu; categoryId: string | null; onClose: () => void }) {
  const act = useAddProduct(menu.event_id, onClose);
  const start = { name: "", price_minor: null, category_id: categoryId, tax_class_id: menu.tax_classes[0]?.id ?? null, modifier_group_ids: [] };
  return <Fields menu={menu} start={start} deed="Add it" busy={act.busy} failure={act.failure} onSave={(values) => act.run(values)} />;
}

function Change({ menu, product, onClose }: { menu: Menu; product: Product; onClose: () => void }) {
  const act = useChangeProduct(menu.event_id, product, menu.currency, onClose);
  return <Fields menu={menu} start={product} deed="Save" busy={act.busy} failure={act.failure} onSave={(values) => act.run(values)} />;
}

type Draft = Omit<ProductValues, "price_minor"> & { price_minor: number | null };

interface FieldsProps {
  menu: Menu;
  start: Draft;
  deed: string;
  busy: boolean;
  failure: ReturnType<typeof useAddProduct>["failure"];
  onSave: (values: ProductValues) => void;
}

function Fields({ menu, start, deed, busy, failure, onSave }: FieldsProps) {
  const [draft, setDraft] = useState<Draft>(start);
  const [tried, setTried] = useState(false);
  const { name, price_minor, category_id, tax_class_id, modifier_group_ids } = draft;
  const wrong = failure?.fields ?? {};
  const save = () => {
    setTried(true);
    if (price_minor !== null && name.trim() !== "") onSave({ name: name.trim(), price_minor, category_id, tax_class_id, modifier_group_ids });
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Stack gap="md">
        <Refused failure={failure} shown={["name", "price_minor"]} />
        <TextInput
          label="Name"
          data-autofocus
          value={name}
          error={wrong["name"] ?? (tried && name.trim() === "" ? "Give it a name." : undefined)}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
        <MoneyInput
          label="Price"
          currency={menu.currency}
          value={price_minor}
          error={wrong["price_minor"] ?? (tried && price_minor === null ? "Say what it costs." : undefined)}
          onChange={(minor) => setDraft({ ...draft, price_minor: minor })}
        />
        <OneOrNone label="Category" none={sentences.homeless} options={menu.categories} value={category_id} onChange={(value) => setDraft({ ...draft, category_id: value })} />
        <OneOrNone label="Tax" none={sentences.untaxed} options={menu.tax_classes} value={tax_class_id} onChange={(value) => setDraft({ ...draft, tax_class_id: value })} />
        {menu.modifier_groups.length > 0 && (
          <Choices groups={menu.modifier_groups} value={modifier_group_ids} onChange={(value) => setDraft({ ...draft, modifier_group_ids: value })} />
        )}
        <Button type="submit" loading={busy}>
          {deed}
        </Button>
      </Stack>
    </form>
  );
}

interface OneOrNoneProps {
  label: string;
  none: string;
  options: { id: string; name: string }[];
  value: string | null;
  onChange: (value: string | null) => void;
}

const NONE = "none";

function OneOrNone({ label, none, options, value, onChange }: OneOrNoneProps) {
  const data = [{ value: NONE, label: none }, ...options.map(({ id, name }) => ({ value: id, label: name }))];
  return <Select label={label} allowDeselect={false} data={data} value={value ?? NONE} onChange={(chosen) => onChange(chosen === NONE ? null : chosen)} />;
}

function Choices({ groups, value, onChange }: { groups: ModifierGroup[]; value: string[]; onChange: (value: string[]) => void }) {
  return (
    <div role="group" aria-label="Choices">
      <Text size="sm" fw={500} mb={4}>
        Choices
      </Text>
      <Chip.Group multiple value={value} onChange={onChange}>
        <Group gap={8}>
          {groups.map((group) => (
            <Chip key={group.id} value={group.id} size="md" variant="light" styles={{ label: { height: 44 } }}>
              {group.name}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </div>
  );
}
