// Fetches the event a page is about, once for all pages of it, and hands the page its address.
import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import type { Event } from "@/api";
import { useEvent } from "@/rooms/events";
import { Loaded, useAddress, type Address } from "@/ui/desk";

export function OfEvent({ page }: { page: (event: Event, address: Address) => ReactNode }) {
  const address = useAddress();
  const event = useEvent(address.part("eventId"));
  const ghost = (
    <div aria-busy="true">
      <Skeleton height={34} width={220} mt={4} mb={22} />
      <Skeleton height={86} radius="lg" />
    </div>
  );
  return (
    <Loaded query={event} ghost={ghost}>
      {(data) => page(data, address)}
    </Loaded>
  );
}
