// What devices sent that could not become an order: nothing is thrown away, and a person decides.
import { Accordion, Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { Event, Quarantined } from "@/api";
import { formatTime } from "@/format";
import { places } from "@/rooms/events";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel } from "@/ui/desk";
import { useQuarantine } from "../queries";
import { sentences } from "../words";
import classes from "./NeedsPersonPage.module.css";

export function NeedsPersonPage({ event }: { event: Event }) {
  const kept = useQuarantine(event.id);
  return (
    <>
      <PageHead title="Needs a person" about="Sent by a device, kept whole, not on any tab." back={{ to: places.orders(event.id), label: "Orders" }} />
      <Loaded query={kept} ghost={<Panel><div className={classes.ghost} /></Panel>}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) return <EmptyState {...sentences.noneNeeded} icon={<IconCheck size={32} />} />;
          return (
            <>
              <Accordion variant="separated" radius="lg">
                {items.map((item) => (
                  <Item key={item.id} item={item} timeZone={event.time_zone} />
                ))}
              </Accordion>
              {kept.hasNextPage && (
                <Button variant="subtle" fullWidth mt="sm" loading={kept.isFetchingNextPage} onClick={() => void kept.fetchNextPage()}>
                  Show more
                </Button>
              )}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Item({ item, timeZone }: { item: Quarantined; timeZone: string }) {
  const problem = item.problem as { title?: string; detail?: string };
  return (
    <Accordion.Item value={item.id}>
      <Accordion.Control>
        <span className={classes.head}>
          <b>{problem.title ?? item.code}</b>
          <span className={classes.when}>{formatTime(item.received_ms, "moment", timeZone)}</span>
        </span>
        <span className={classes.detail}>{problem.detail}</span>
      </Accordion.Control>
      <Accordion.Panel>
        <Chip tone="bad">{item.code}</Chip>
        <pre className={classes.body} tabIndex={0} aria-label="As it was sent">
          {pretty(item.body)}
        </pre>
      </Accordion.Panel>
    </Accordion.Item>
  );
}

/** JSON with its lines broken, or the text as it came when it is no JSON. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
