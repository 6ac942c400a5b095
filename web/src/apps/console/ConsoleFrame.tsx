// The frame of every page of the console; the link to the dead letters carries their number.
import { Badge } from "@mantine/core";
import { useRouterState } from "@tanstack/react-router";
import { IconClock, IconGauge, IconHistory, IconMailX, IconStack2, IconUsersGroup } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLiveState } from "@/api";
import { formatCount } from "@/format";
import { PersonMenu } from "@/rooms/people";
import { useEngine, workPlaces } from "@/rooms/work";
import { LiveBadge, PageFrame } from "@/ui";
import { usePlaces } from "@/ui/desk";

const look = { size: 20, stroke: 1.7 } as const;

const ways = [
  { label: "Overview", icon: <IconGauge {...look} />, place: workPlaces.overview },
  { label: "Queues", icon: <IconStack2 {...look} />, place: workPlaces.queues },
  { label: "Dead letters", icon: <IconMailX {...look} />, place: workPlaces.dead },
  { label: "Workers", icon: <IconUsersGroup {...look} />, place: workPlaces.workers },
  { label: "Schedules", icon: <IconClock {...look} />, place: workPlaces.schedules },
  { label: "Changes", icon: <IconHistory {...look} />, place: workPlaces.changes },
];

export function ConsoleFrame({ children }: { children: ReactNode }) {
  const { href, go } = usePlaces();
  const here = useRouterState({ select: (state) => state.location.pathname });
  const engine = useEngine();
  const socket = useLiveState();
  const dead = engine.data?.dead ?? 0;
  const links = ways.map(({ label, icon, place }) => ({
    label,
    icon,
    href: href(place),
    active: here === place || (place !== "/" && here.startsWith(`${place}/`)),
    onFollow: () => go(place),
    ...(place === workPlaces.dead && dead > 0 ? { badge: <Badge color="grenadine" variant="light">{formatCount(dead)}</Badge> } : {}),
  }));
  const actions = (
    <>
      <LiveBadge state={engine.error ? "reconnecting" : socket} />
      <PersonMenu />
    </>
  );
  return (
    <PageFrame name="Console" links={links} actions={actions}>
      {children}
    </PageFrame>
  );
}
