// The frame of a working page in the office and the console: navigation at the side (a drawer on a phone), a bar on top.
import { AppShell, Burger, Group, NavLink, ScrollArea, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Mark } from "./Mark";
import { SchemeToggle } from "./SchemeToggle";

export interface FrameLink {
  label: string;
  icon: ReactNode;
  active: boolean;
  href: string;
  onFollow: () => void;
  /** A small mark at the end of the row: a count, a warning. */
  badge?: ReactNode;
}

interface PageFrameProps {
  name: string;
  links: FrameLink[];
  /** Above the links: the place for a chooser (which event). */
  above?: ReactNode;
  /** At the end of the top bar: live state, the person. */
  actions?: ReactNode;
  children: ReactNode;
}

export function PageFrame({ name, links, above, actions, children }: PageFrameProps) {
  const [opened, { toggle, close }] = useDisclosure(false);
  return (
    <AppShell header={{ height: 60 }} navbar={{ width: 248, breakpoint: "sm", collapsed: { mobile: !opened } }} padding={{ base: "md", lg: "xl" }}>
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" w={44} h={44} aria-label={opened ? "Close the menu" : "Open the menu"} />
            <Mark size={32} />
            <Text fw={700} ff="heading" visibleFrom="xs">
              {name}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            {actions}
            <SchemeToggle />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        {above}
        <ScrollArea type="never" mt={above === undefined ? 0 : "sm"}>
          {links.map((link) => (
            <NavLink
              key={link.href}
              href={link.href}
              label={link.label}
              leftSection={link.icon}
              rightSection={link.badge}
              active={link.active}
              aria-current={link.active ? "page" : undefined}
              mih={44}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey) return;
                event.preventDefault();
                close();
                link.onFollow();
              }}
            />
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main>{children}</AppShell.Main>
    </AppShell>
  );
}
