// The frame of the guest's page: where one is, whether it is live, and the same shapes before anything has arrived.
import { Stack } from "@mantine/core";
import type { ReactNode } from "react";
import type { Event } from "@/api";
import { LiveBadge, type Liveness } from "@/ui";
import classes from "./GuestFrame.module.css";
import { OrderListSkeleton } from "./OrderList";
import { TabHeroSkeleton } from "./TabHero";

export function GuestFrame({ event, live, children }: { event: Event | undefined; live: Liveness; children: ReactNode }) {
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div className={classes.event}>
          <h1 className={classes.name}>{event?.name ?? <span className={classes.ghost} />}</h1>
          <p className={classes.venue}>{event?.venue_name ?? "\u00a0"}</p>
        </div>
        <LiveBadge state={live} />
      </header>
      <Stack gap="lg" component="main">
        {children}
      </Stack>
    </div>
  );
}

/** The page while its link is being opened. */
export function GuestTabSkeleton() {
  return (
    <GuestFrame event={undefined} live="connecting">
      <TabHeroSkeleton />
      <OrderListSkeleton />
    </GuestFrame>
  );
}
