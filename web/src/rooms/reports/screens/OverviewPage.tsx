// One event at this moment. The numbers move with every sale, without anybody loading the page again.
import { Alert } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import type { Event, Overview } from "@/api";
import { formatCount, plural } from "@/format";
import { Money } from "@/ui";
import { Figures, Loaded, PageHead, Panel, type FigureProps } from "@/ui/desk";
import { MinuteChart } from "../parts/MinuteChart";
import { Shares } from "../parts/Shares";
import { useOverview } from "../queries";
import { sentences } from "../words";
import classes from "./OverviewPage.module.css";

export function OverviewPage({ event }: { event: Event }) {
  const overview = useOverview(event.id);
  return (
    <>
      <PageHead title={event.name} about={event.venue_name} />
      {event.state === "draft" && (
        <Alert color="tonic" variant="light" icon={<IconPencil size={20} />} mb="md">
          {sentences.draft}
        </Alert>
      )}
      <Loaded query={overview} ghost={<Ghost />}>
        {(data) => <Numbers overview={data} timeZone={event.time_zone} />}
      </Loaded>
    </>
  );
}

function figuresOf(overview: Overview): FigureProps[] {
  const { currency } = overview;
  return [
    { label: "Sales", value: <Money minor={overview.sales_minor} currency={currency} />, testId: "sales" },
    { label: "Orders", value: formatCount(overview.orders), testId: "orders" },
    { label: "In the last minute", value: formatCount(overview.orders_last_minute), testId: "last-minute" },
    { label: "Average order", value: <Money minor={overview.average_minor} currency={currency} />, testId: "average" },
    { label: "Open tabs", value: formatCount(overview.open_tabs), testId: "open-tabs" },
    { label: "Flagged", value: formatCount(overview.flagged), testId: "flagged", tone: overview.flagged > 0 ? "warn" : undefined },
  ];
}

function Numbers({ overview, timeZone }: { overview: Overview; timeZone: string }) {
  const products = overview.top_products.map((product) => ({ key: product.name, name: product.name, about: `${formatCount(product.quantity)} sold`, minor: product.sales_minor }));
  const stations = overview.stations.map((station) => ({ key: station.id, name: station.name, about: plural(station.orders, "order"), minor: station.sales_minor }));
  return (
    <div className={classes.stack}>
      <Figures figures={figuresOf(overview)} />
      <Panel label="The last hour">
        <MinuteChart overview={overview} timeZone={timeZone} />
      </Panel>
      <div className={classes.columns}>
        <Panel title="Best sellers">
          <Shares shares={products} currency={overview.currency} nothing={sentences.noProducts} />
        </Panel>
        <Panel title="Stations">
          <Shares shares={stations} currency={overview.currency} nothing={sentences.noStations} />
        </Panel>
      </div>
    </div>
  );
}

function Ghost() {
  const labels = ["Sales", "Orders", "In the last minute", "Average order", "Open tabs", "Flagged"];
  return (
    <div className={classes.stack} aria-busy="true">
      <Figures figures={labels.map((label) => ({ label, value: "\u2013" }))} />
      <Panel label="The last hour">
        <div className={classes.ghost} />
      </Panel>
    </div>
  );
}
