// A group of modifiers: how many are taken, and what each adds to the price.
import { ActionIcon, Button, Group, NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { ModifierGroup } from "@/api";
import { MoneyInput, Refused } from "@/ui/desk";
import { useSaveGroup, type GroupValues } from "../queries";

interface GroupFormProps {
  eventId: string;
  currency: string;
  group: ModifierGroup | null;
  onClose: () => void;
}

interface Line {
  key: string;
  id?: string;
  name: string;
  price_minor: number | null;
  active: boolean;
}

let made = 0;
const blank = (): Line => ({ key: `new ${++made}`, name: "", price_minor: 0, active: true });

export function GroupForm({ eventId, currency, group, onClose }: GroupFormProps) {
  const [head, setHead] = useState({ name: group?.name ?? "", min: group?.min ?? 0, max: group?.max ?? 1 });
  const [lines, setLines] = useState<Line[]>(() => group?.modifiers.map((modifier) => ({ ...modifier, key: modifier.id })) ?? [blank(), blank()]);
  const save = useSaveGroup(eventId, onClose);
  const set = (key: string, change: Partial<Line>) => setLines(lines.map((line) => (line.key === key ? { ...line, ...change } : line)));
  const ready = valuesOf(head, lines, group?.id);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) save.run(ready);
      }}
    >
      <Stack gap="md">
        <Refused failure={save.failure} />
        <TextInput label="Name" placeholder="Size" data-autofocus value={head.name} onChange={(event) => setHead({ ...head, name: event.currentTarget.value })} />
        <SimpleGrid cols={2}>
          <NumberInput hideControls label="At least" min={0} max={head.max} value={head.min} onChange={(value) => setHead({ ...head, min: Number(value) })} />
          <NumberInput hideControls label="At most" min={1} max={100} value={head.max} onChange={(value) => setHead({ ...head, max: Number(value) })} />
        </SimpleGrid>
        <Stack gap={8}>
          {lines.map((line, index) => (
            <Group key={line.key} gap={6} wrap="nowrap" align="flex-start">
              <TextInput aria-label={`Choice ${index + 1}`} placeholder="Large" flex={1} value={line.name} onChange={(event) => set(line.key, { name: event.currentTarget.value })} />
              <MoneyInput aria-label={`What choice ${index + 1} adds`} currency={currency} w={120} value={line.price_minor} onChange={(minor) => set(line.key, { price_minor: minor })} />
              {line.id === undefined && (
                <ActionIcon aria-label={`Remove choice ${index + 1}`} onClick={() => setLines(lines.filter((other) => other !== line))}>
                  <IconTrash size={18} />
                </ActionIcon>
              )}
            </Group>
          ))}
        </Stack>
        <Button variant="subtle" leftSection={<IconPlus size={17} />} onClick={() => setLines([...lines, blank()])}>
          One more choice
        </Button>
        <Button type="submit" loading={save.busy} disabled={!ready}>
          {group ? "Save" : "Add them"}
        </Button>
      </Stack>
    </form>
  );
}

/** What to send, or null while something is missing. Empty lines are left out. */
function valuesOf(head: Omit<GroupValues, "modifiers" | "id">, lines: Line[], id: string | undefined): GroupValues | null {
  const kept = lines.filter((line) => line.name.trim() !== "");
  if (head.name.trim() === "" || kept.length === 0 || kept.some((line) => line.price_minor === null)) return null;
  const modifiers = kept.map(({ id: known, name, price_minor, active }) => ({ ...(known === undefined ? {} : { id: known }), name: name.trim(), price_minor: price_minor ?? 0, active }));
  return { ...(id === undefined ? {} : { id }), ...head, name: head.name.trim(), modifiers };
}
