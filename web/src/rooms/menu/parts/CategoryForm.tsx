// Adds a category, or changes one: its name, and the colour its products have at the till.
import { Button, CheckIcon, ColorSwatch, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Category } from "@/api";
import { Refused } from "@/ui/desk";
import { useSaveCategory } from "../queries";
import { categoryColors } from "../words";

interface CategoryFormProps {
  eventId: string;
  category?: Category | null;
  onClose: () => void;
}

export function CategoryForm({ eventId, category, onClose }: CategoryFormProps) {
  const [name, setName] = useState(category?.name ?? "");
  const [color, setColor] = useState(category?.color ?? categoryColors[0] ?? "");
  const save = useSaveCategory(eventId, category?.id, onClose);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.run({ name: name.trim(), color });
      }}
    >
      <Stack gap="md">
        <Refused failure={save.failure} shown={["name"]} />
        <TextInput label="Name" data-autofocus value={name} error={save.failure?.fields["name"]} onChange={(event) => setName(event.currentTarget.value)} />
        <div role="group" aria-label="Colour at the till">
          <Text size="sm" fw={500} mb={6}>
            Colour at the till
          </Text>
          <Group gap={6}>
            {categoryColors.map((one) => (
              <ColorSwatch key={one} component="button" type="button" color={one} size={44} aria-label={`Colour ${one}`} aria-pressed={one === color} onClick={() => setColor(one)} style={{ color: "#fff", cursor: "pointer" }}>
                {one === color && <CheckIcon size={16} />}
              </ColorSwatch>
            ))}
          </Group>
        </div>
        <Button type="submit" loading={save.busy} disabled={name.trim() === ""}>
          {category ? "Save" : "Add it"}
        </Button>
      </Stack>
    </form>
  );
}
