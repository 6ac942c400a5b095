// Who is signed in, at the end of the top bar: own password, sign out.
import { Menu, Text, UnstyledButton } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconKey, IconLogout } from "@tabler/icons-react";
import { useAccess } from "../access";
import { PasswordForm } from "../screens/OwnPassword";
import { roleLabel } from "../words";
import classes from "./PersonMenu.module.css";

export function PersonMenu() {
  const { me, person } = useAccess();
  const choose = () => {
    const id = modals.open({ title: <b>Change your password</b>, centered: true, children: <PasswordForm onChanged={() => modals.close(id)} /> });
  };
  return (
    <Menu position="bottom-end" width={250} shadow="md">
      <Menu.Target>
        <UnstyledButton aria-label={`${me.name}, ${roleLabel(me.role)}: your account`} className={classes.person}>
          <span className={classes.initials} data-initials={initialsOf(me.name)} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label fz="sm">
          <Text fw={650} c="var(--mantine-color-text)">
            {me.name}
          </Text>
          {roleLabel(me.role)}
          {me.tenant && ` at ${me.tenant.name}`}
        </Menu.Label>
        <Menu.Item h={44} leftSection={<IconKey size={18} />} onClick={choose}>
          Change password
        </Menu.Item>
        <Menu.Item h={44} leftSection={<IconLogout size={18} />} onClick={() => void person.signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** "Mara Lindqvist" → "ML". */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.charAt(0).toUpperCase() ?? "").join("");
}
