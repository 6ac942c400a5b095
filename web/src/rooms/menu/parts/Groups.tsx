// What guests choose within a product: groups of modifiers, each of which can be taken off sale.
import { Button, Switch } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconPlus } from "@tabler/icons-react";
import type { Menu, Modifier, ModifierGroup } from "@/api";
import { formatMoney } from "@/format";
import { useMay } from "@/rooms/people";
import { Panel } from "@/ui/desk";
import { useSwitchModifier } from "../queries";
import classes from "../screens/MenuPage.module.css";
import { groupRule, sentences } from "../words";
import { GroupForm } from "./GroupForm";

export function Groups({ menu }: { menu: Menu }) {
  const mayWrite = useMay()("menu:write");
  const open = (group: ModifierGroup | null) => {
    const id = modals.open({
      title: <b>{group ? `Change ${group.name}` : "Add choices"}</b>,
      centered: true,
      children: <GroupForm eventId={menu.event_id} currency={menu.currency} group={group} onClose={() => modals.close(id)} />,
    });
  };
  return (
    <Panel
      title="Choices"
      flush
      aside={
        mayWrite && (
          <Button variant="subtle" leftSection={<IconPlus size={17} />} aria-label="Add choices" onClick={() => open(null)}>
            Add
          </Button>
        )
      }
    >
      {menu.modifier_groups.length === 0 && <p className={classes.quiet}>{sentences.noGroups}</p>}
      {menu.modifier_groups.map((group) => (
        <div key={group.id}>
          <div className={classes.line}>
            <span>
              <b>{group.name}</b> <span className={classes.about}>{groupRule(group.min, group.max)}</span>
            </span>
            {mayWrite && (
              <Button variant="subtle" aria-label={`Change ${group.name}`} onClick={() => open(group)}>
                Change
              </Button>
            )}
          </div>
          {group.modifiers.map((modifier) => (
            <ModifierLine key={modifier.id} menu={menu} modifier={modifier} mayWrite={mayWrite} />
          ))}
        </div>
      ))}
    </Panel>
  );
}

function ModifierLine({ menu, modifier, mayWrite }: { menu: Menu; modifier: Modifier; mayWrite: boolean }) {
  const change = useSwitchModifier(menu.event_id, modifier);
  const price = modifier.price_minor === 0 ? "no extra" : `${modifier.price_minor > 0 ? "+" : ""}${formatMoney(modifier.price_minor, menu.currency)}`;
  return (
    <div className={classes.line} style={modifier.active ? undefined : { opacity: 0.75 }}>
      <span>
        {modifier.name} <span className={classes.about}>{modifier.active ? price : sentences.off}</span>
      </span>
      {mayWrite && (
        <span className={classes.above}>
          <Switch aria-label={`${modifier.name} is on sale`} checked={modifier.active} disabled={change.busy} onChange={(event) => change.run(event.currentTarget.checked)} />
        </span>
      )}
    </div>
  );
}
