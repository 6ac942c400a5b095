// The frame of every page of the console; the link to the dead letters carries their number.
import { ActionIcon, Badge, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useRouterState } from "@tanstack/react-router";
import { IconArrowsVertical, IconBolt, IconBuildingStore, IconChecklist, IconClock, IconGauge, IconHistory, IconKey, IconMail, IconMailX, IconPackages, IconReceipt2, IconSearch, IconSpeakerphone, IconStack2, IconUsersGroup } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLiveState } from "@/api";
import { formatCount } from "@/format";
import { PersonMenu } from "@/rooms/people";
import { useEngine, useEngineNews, useQueueCommands, workPlaces } from "@/rooms/work";
import { LiveBadge, PageFrame } from "@/ui";
import { Palette, useDeskKeys, usePlaces, type Command } from "@/ui/desk";

const look = { size: 20, stroke: 1.7 } as const;

const ways = [
  { label: "Overview", icon: <IconGauge {...look} />, place: workPlaces.overview },
  { label: "Queues", icon: <IconStack2 {...look} />, place: workPlaces.queues },
  { label: "Messages", icon: <IconMail {...look} />, place: workPlaces.messages() },
  { label: "Keys", icon: <IconKey {...look} />, place: workPlaces.keys },
  { label: "Dead letters", icon: <IconMailX {...look} />, place: workPlaces.dead },
  { label: "Batches", icon: <IconPackages {...look} />, place: workPlaces.batches },
  { label: "Breakers", icon: <IconBolt {...look} />, place: workPlaces.breakers },
  { label: "Workers", icon: <IconUsersGroup {...look} />, place: workPlaces.workers },
  { label: "Schedules", icon: <IconClock {...look} />, place: workPlaces.schedules },
  { label: "Tenants", icon: <IconBuildingStore {...look} />, place: workPlaces.tenants },
  { label: "Topics", icon: <IconSpeakerphone {...look} />, place: workPlaces.topics },
  { label: "Autoscaler", icon: <IconArrowsVertical {...look} />, place: workPlaces.scaling },
  { label: "Usage", icon: <IconReceipt2 {...look} />, place: workPlaces.usage },
  { label: "Under way", icon: <IconChecklist {...look} />, place: workPlaces.errands },
  { label: "Changes", icon: <IconHistory {...look} />, place: workPlaces.changes },
];

export function ConsoleFrame({ children }: { children: ReactNode }) {
  const { href, go } = usePlaces();
  const here = useRouterState({ select: (state) => state.location.pathname });
  const engine = useEngine();
  useEngineNews();
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
  const [asked, { open, close }] = useDisclosure(false);
  useDeskKeys(open);
  const actions = (
    <>
      <Tooltip label="Go to or do (Ctrl K)">
        <ActionIcon aria-label="Go to or do" onClick={open}>
          <IconSearch size={20} />
        </ActionIcon>
      </Tooltip>
      <LiveBadge state={engine.error ? "reconnecting" : socket} />
      <PersonMenu />
    </>
  );
  return (
    <PageFrame name="Console" links={links} actions={actions}>
      {children}
      {asked && <ConsolePalette onClose={close} />}
    </PageFrame>
  );
}

/** Asks for the queues only while it is open. */
function ConsolePalette({ onClose }: { onClose: () => void }) {
  const { go } = usePlaces();
  const queues = useQueueCommands();
  const pages: Command[] = ways.map(({ label, icon, place }) => ({ id: place, label, group: "Page", icon, run: () => go(place) }));
  const icon = <IconMail {...look} />;
  const typed = (text: string): Command[] => [
    ...(/^[0-9a-f-]{20,}(\.\d+)?$/.test(text) ? [{ id: "one", label: `Message ${text}`, group: "Go", icon, run: () => go(workPlaces.message(text)) }] : []),
    { id: "search", label: `Search messages for “${text}”`, group: "Search", icon, run: () => go(workPlaces.messages(text)) },
  ];
  return <Palette opened onClose={onClose} commands={[...pages, ...queues]} typed={typed} />;
}
