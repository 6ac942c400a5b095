// The sales of this till: what is on its tab, what is on its way, and what needs a person.
import { Button, Group, Title } from "@mantine/core";
import { plural } from "@/format";
import { SaleList } from "../parts/SaleList";
import { useEvent } from "../queries";
import { useSales, useTill } from "../TillContext";
import classes from "./RecentScreen.module.css";

export function RecentScreen() {
  const { session, outbox } = useTill();
  const sales = useSales();
  const event = useEvent(session.event_id).data;
  const waiting = sales.filter((sale) => sale.state === "waiting").length;
  return (
    <main className={classes.page}>
      <Group justify="space-between" mih={48} mb="sm">
        <Title order={1} size="h3">
          Recent sales
        </Title>
        {waiting > 0 && (
          <Button variant="light" onClick={() => void outbox.send()}>
            Send {plural(waiting, "sale")} now
          </Button>
        )}
      </Group>
      <SaleList sales={sales} timeZone={event?.time_zone} onDismiss={(id) => outbox.dismiss(id)} />
    </main>
  );
}
