// What the command palette of the console offers: pages, queues, and what can be done at once.
import { IconPlayerPause, IconPlayerPlay, IconStack2 } from "@tabler/icons-react";
import type { Queue } from "@/api";
import { useMay } from "@/rooms/people";
import { ask, usePlaces, type Command } from "@/ui/desk";
import { usePauseAny, useQueues } from "../queries";
import { places, sentences } from "../words";

/** Every queue as a place to go to, and, for who may, as something to pause or resume. */
export function useQueueCommands(): Command[] {
  const { go } = usePlaces();
  const may = useMay();
  const queues = useQueues();
  const pause = usePauseAny();
  const items = queues.data?.items ?? [];
  const goTo = ({ queue }: Queue): Command => ({ id: `queue:${queue}`, label: queue, group: "Queue", icon: <IconStack2 size={19} stroke={1.7} />, run: () => go(places.queue(queue)) });
  const turn = ({ queue, paused }: Queue): Command => ({
    id: `pause:${queue}`,
    label: `${paused ? "Resume" : "Pause"} ${queue}`,
    group: "Do",
    icon: paused ? <IconPlayerPlay size={19} stroke={1.7} /> : <IconPlayerPause size={19} stroke={1.7} />,
    run: () => (paused ? pause.run({ queue, paused: false }) : ask({ ...sentences.pause(queue), onYes: () => pause.run({ queue, paused: true }) })),
  });
  return [...items.map(goTo), ...(may("console:write") ? items.map(turn) : [])];
}
