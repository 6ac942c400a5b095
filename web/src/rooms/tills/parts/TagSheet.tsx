// Asks for the tag: hold it to the reader, or type what is printed on it.
import { Button, Modal, Stack, Text, TextInput, ThemeIcon, Title } from "@mantine/core";
import { IconNfc } from "@tabler/icons-react";
import { useState } from "react";
import { tidyTag } from "../wedge";

interface TagSheetProps {
  opened: boolean;
  /** What happens next, in words: "€14.20 goes on the tab of whoever wears it". */
  detail: string;
  action: string;
  onTag: (uid: string) => void;
  onClose: () => void;
}

export function TagSheet({ opened, detail, action, onTag, onClose }: TagSheetProps) {
  const [typed, setTyped] = useState("");
  const uid = tidyTag(typed);
  const take = () => {
    if (!uid) return;
    setTyped("");
    onTag(uid);
  };
  return (
    <Modal opened={opened} onClose={onClose} centered radius="lg" title="Read a tag" closeButtonProps={{ "aria-label": "Close", size: 44 }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          take();
        }}
      >
        <Stack align="center" gap="sm" pb="sm">
          <ThemeIcon size={88} radius={44} variant="light" aria-hidden>
            <IconNfc size={48} stroke={1.5} />
          </ThemeIcon>
          <Title order={2} size="h3" ta="center">
            Hold the tag to the reader
          </Title>
          <Text c="dimmed" ta="center">
            {detail}
          </Text>
          <TextInput
            data-autofocus
            w="100%"
            size="lg"
            label="Or type its number"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            maxLength={64}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" fullWidth h={56} disabled={!uid}>
            {action}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
