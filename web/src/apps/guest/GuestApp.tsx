// Opens the guest's link and shows the tab behind it, or says why the link does not open.
import { useQuery } from "@tanstack/react-query";
import { ConnectionProvider, explain } from "@/api";
import type { GuestLink } from "@/api/guest";
import { GuestTabPage, GuestTabSkeleton, linkTrouble } from "@/rooms/tabs/guest";
import { ErrorState } from "@/ui";

export function GuestApp({ link }: { link: GuestLink }) {
  const session = useQuery({ queryKey: ["session"], queryFn: () => link.open(), staleTime: Infinity });
  if (session.data) {
    return (
      <ConnectionProvider credentials={link}>
        <GuestTabPage tabId={session.data.tab_id} eventId={session.data.event_id} />
      </ConnectionProvider>
    );
  }
  if (!session.error) return <GuestTabSkeleton />;
  const trouble = linkTrouble(session.error);
  if (trouble) return <ErrorState {...trouble} fill />;
  return <ErrorState {...explain(session.error)} action="Try again" onAction={() => void session.refetch()} busy={session.isFetching} fill />;
}
