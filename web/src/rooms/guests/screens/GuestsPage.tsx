// The guests of an event: search, add, and what tags they wear.
import { Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconUserPlus, IconUsers } from "@tabler/icons-react";
import type { Attendee, Event } from "@/api";
import { places } from "@/rooms/events";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { Code, Loaded, PageHead, Panel, Rows, SearchInput, type Column } from "@/ui/desk";
import { GuestForm } from "../parts/GuestForm";
import { useGuests } from "../queries";
import { sentences } from "../words";
import classes from "./GuestsPage.module.css";

const columns: Column<Attendee>[] = [
  { label: "Name", role: "title", cell: (guest) => guest.name },
  { label: "Tags", role: "meta", cell: (guest) => <Code>{guest.tags.join(", ") || "no tag"}</Code> },
  { label: "E-mail", role: "meta", cell: (guest) => guest.email ?? "" },
  { label: "Phone", role: "meta", cell: (guest) => guest.phone ?? "" },
];

export function GuestsPage({ event, q, onSearch }: { event: Event; q: string; onSearch: (q: string) => void }) {
  const guests = useGuests(event.id, q);
  const may = useMay();
  const add = () => {
    const id = modals.open({ title: <b>Add a guest</b>, centered: true, children: <GuestForm eventId={event.id} onClose={() => modals.close(id)} /> });
  };
  const table = (rows: Attendee[] | undefined) => (
    <Rows
      label="Guests"
      columns={columns}
      rows={rows}
      id={(guest) => guest.id}
      to={(guest) => places.guest(event.id, guest.id)}
      onMore={guests.hasNextPage ? () => void guests.fetchNextPage() : undefined}
      moreBusy={guests.isFetchingNextPage}
    />
  );
  return (
    <>
      <PageHead title="Guests">
        {may("guests:write") && (
          <Button leftSection={<IconUserPlus size={18} />} onClick={add}>
            Add a guest
          </Button>
        )}
      </PageHead>
      <div className={classes.search}>
        <SearchInput key={event.id} label="Search by name, e-mail or phone" value={q} onSearch={onSearch} />
      </div>
      <Panel flush>
        <Loaded query={guests} ghost={table(undefined)}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.items);
            if (rows.length > 0) return table(rows);
            return <EmptyState {...(q === "" ? sentences.noGuests : sentences.noMatch)} icon={<IconUsers size={32} stroke={1.6} />} />;
          }}
        </Loaded>
      </Panel>
    </>
  );
}
