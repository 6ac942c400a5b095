// The frame of a paired till: where it stands, whether it is live, what still waits, and the way to the other screen.
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconCloudUp, IconDotsVertical, IconUnlink } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLiveState } from "@/api";
import { plural } from "@/format";
import { LiveBadge, Mark, SchemeToggle } from "@/ui";
import { useEvent, useStationName, useStationNews } from "../queries";
import { useSales, useTill } from "../TillContext";
import classes from "./TillFrame.module.css";

interface TillFrameProps {
  /** Links to the screens: given by the app, which knows the addresses. */
  links: ReactNode;
  onUnpair: () => void;
  children: ReactNode;
}

export function TillFrame({ links, onUnpair, children }: TillFrameProps) {
  const { session, outbox } = useTill();
  const event = useEvent(session.event_id).data;
  const station = useStationName(session.event_id, session.station_id);
  const live = useLiveState();
  const waiting = useSales().filter((sale) => sale.state === "waiting").length;
  useStationNews(session.event_id, session.station_id, outbox);
  return (
    <div className={classes.frame}>
      <header className={classes.head}>
        <Mark size={36} />
        <div className={classes.where}>
          <strong className={classes.name}>{station ?? session.name}</strong>
          <span className={classes.event}>{event?.name ?? "\u00a0"}</span>
        </div>
        {waiting > 0 && (
          <Button variant="light" className={classes.waiting} leftSection={<IconCloudUp size={18} />} onClick={() => void outbox.send()}>
            {plural(waiting, "sale")} to send
          </Button>
        )}
        <LiveBadge state={live} />
        <nav className={classes.links} aria-label="Screens">
          {links}
        </nav>
        <SchemeToggle />
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon aria-label="More">
              <IconDotsVertical size={20} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{session.name}</Menu.Label>
            <Menu.Item leftSection={<IconUnlink size={18} />} disabled={waiting > 0} onClick={onUnpair}>
              {waiting > 0 ? "Unpair (send the waiting sales first)" : "Unpair this till"}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </header>
      <div className={classes.body}>{children}</div>
    </div>
  );
}
