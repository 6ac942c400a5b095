// Which event one is looking at, above the links; and the way to another one.
import { Menu, UnstyledButton } from "@mantine/core";
import { IconCalendarEvent, IconSelector } from "@tabler/icons-react";
import type { Event } from "@/api";
import { formatTime } from "@/format";
import { usePlaces } from "@/ui/desk";
import { places } from "../places";
import { useEvents } from "../queries";
import { eventStates } from "../words";
import classes from "./EventChooser.module.css";

const SHOWN = 8;

export function EventChooser({ event, home }: { event: Event | undefined; home: (eventId: string) => string }) {
  const { go } = usePlaces();
  const events = useEvents();
  const others = (events.data?.pages[0]?.items ?? []).filter((one) => one.id !== event?.id).slice(0, SHOWN);
  return (
    <Menu width="target" shadow="md" position="bottom-start">
      <Menu.Target>
        <UnstyledButton className={classes.chooser}>
          <span className={classes.lamp} data-state={event?.state} title={event && eventStates[event.state].label} />
          <span className={classes.text}>
            <span className={classes.name}>{event?.name ?? "\u00a0"}</span>
            <span className={classes.when}>{event ? `${formatTime(event.starts_ms, "day", event.time_zone)} · ${eventStates[event.state].label}` : "\u00a0"}</span>
          </span>
          <IconSelector size={18} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {others.map((one) => (
          <Menu.Item key={one.id} mih={44} onClick={() => go(home(one.id))}>
            {one.name}
          </Menu.Item>
        ))}
        {others.length > 0 && <Menu.Divider />}
        <Menu.Item mih={44} leftSection={<IconCalendarEvent size={18} />} onClick={() => go(places.events)}>
          All events
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
