// A link to a tab for its guest: a square to scan from the phone, and text to send.
import { Anchor, Center, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorState } from "@/ui";
import { CopyField, QrCode, useExplain } from "@/ui/desk";
import { useMakeLink } from "../queries";
import { sentences } from "../words";

export function GuestLinkCard({ tabId }: { tabId: string }) {
  const explain = useExplain();
  const make = useMakeLink(tabId);
  const link = useQuery({ queryKey: ["tab-link", tabId], queryFn: make, staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false });
  if (link.error) return <ErrorState {...plain(explain(link.error))} action="Try again" onAction={() => void link.refetch()} />;
  return (
    <Stack gap="md">
      <Text>{sentences.link}</Text>
      <Center>{link.data ? <QrCode text={here(link.data.url)} size={240} label="Scan to see the tab" /> : <Skeleton width={240} height={240} radius={12} />}</Center>
      {link.data ? <CopyField label="Link to the tab" value={here(link.data.url)} /> : <Skeleton height={42} />}
      <Text size="sm" c="dimmed">
        {sentences.linkOnce}{" "}
        {link.data && (
          <Anchor href={here(link.data.url)} target="_blank" rel="noopener">
            Look at it
          </Anchor>
        )}
      </Text>
    </Stack>
  );
}

/** The server says the address as it knows it; behind a proxy this page's own is the one that works. */
function here(url: string): string {
  return location.origin + new URL(url, location.origin).pathname;
}

function plain({ title, detail }: { title: string; detail: string }) {
  return { title, detail };
}
