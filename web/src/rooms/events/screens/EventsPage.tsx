// All events, the latest first. With none yet, the way to the first one.
import { Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconCalendarPlus, IconCalendarEvent } from "@tabler/icons-react";
import type { Event } from "@/api";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { Chip, Loaded, PageHead, Panel, Rows, usePlaces, type Column } from "@/ui/desk";
import { EventForm } from "../parts/EventForm";
import { places } from "../places";
import { useEvents, usePlanEvent } from "../queries";
import { eventStates, sentences, whenOf } from "../words";

const columns: Column<Event>[] = [
  { label: "Event", role: "title", cell: (event) => event.name },
  { label: "State", role: "figure", cell: (event) => <Chip tone={eventStates[event.state].tone}>{eventStates[event.state].label}</Chip> },
  { label: "When", role: "meta", cell: whenOf },
  { label: "Venue", role: "meta", cell: (event) => event.venue_name },
];

export function EventsPage({ home }: { home: (eventId: string) => string }) {
  const events = useEvents();
  const may = useMay();
  const { go } = usePlaces();
  const plan = () => {
    const id = modals.open({
      title: <b>Plan an event</b>,
      centered: true,
      children: (
        <NewEvent
          onDone={(event) => {
            modals.close(id);
            go(places.menu(event.id));
          }}
        />
      ),
    });
  };
  const table = (rows: Event[] | undefined) => (
    <Panel flush>
      <Rows
        label="Events"
        columns={columns}
        rows={rows}
        id={(event) => event.id}
        to={(event) => home(event.id)}
        dim={(event) => event.state === "closed"}
        expect={4}
        onMore={events.hasNextPage ? () => void events.fetchNextPage() : undefined}
        moreBusy={events.isFetchingNextPage}
      />
    </Panel>
  );
  return (
    <>
      <PageHead title="Events">
        {may("events:write") && (
          <Button leftSection={<IconCalendarPlus size={18} />} onClick={plan}>
            Plan an event
          </Button>
        )}
      </PageHead>
      <Loaded query={events} ghost={table(undefined)}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          return rows.length > 0 ? table(rows) : <NoEvents mayPlan={may("events:write")} onStart={() => go(places.start)} />;
        }}
      </Loaded>
    </>
  );
}

function NoEvents({ mayPlan, onStart }: { mayPlan: boolean; onStart: () => void }) {
  const icon = <IconCalendarEvent size={32} stroke={1.6} />;
  if (!mayPlan) return <EmptyState {...sentences.nothingToSee} icon={icon} />;
  return <EmptyState {...sentences.noEvents} icon={icon} action="Start your first event" onAction={onStart} />;
}

function NewEvent({ onDone }: { onDone: (event: Event) => void }) {
  const plan = usePlanEvent(false, onDone);
  return <EventForm deed="Plan it" busy={plan.busy} failure={plan.failure} onPlan={(values) => plan.run(values)} />;
}
