// The one number the page is about, in a glass: what the tab comes to, with its tax, its orders and since when.
import type { Event, Tab } from "@/api";
import { formatMoney, formatTime, plural } from "@/format";
import { BigMoney, Foam } from "@/ui";
import classes from "./TabHero.module.css";
import { taxSentence } from "./words";

export function TabHero({ tab, event }: { tab: Tab; event: Event | undefined }) {
  const tax = formatMoney(tab.tax_minor, tab.currency);
  return (
    <section className={classes.hero} aria-labelledby="tab-owner" id="tab-total">
      <Foam />
      <div className={classes.top}>
        <span id="tab-owner">{tab.label}</span>
        {tab.state !== "open" && <span className={classes.state}>{tab.state}</span>}
      </div>
      {/* The key makes the number settle in anew whenever it changes. */}
      <div key={tab.total_minor} className={classes.total} data-testid="tab-total">
        <BigMoney minor={tab.total_minor} currency={tab.currency} />
      </div>
      <div className={classes.facts}>
        <span>{event ? taxSentence(tax, event.prices_include_tax) : "\u00a0"}</span>
        <span>
          {plural(tab.order_count, "order")} since {formatTime(tab.opened_ms, "time", event?.time_zone)}
        </span>
      </div>
    </section>
  );
}

export function TabHeroSkeleton() {
  return (
    <section className={classes.hero} aria-busy="true" aria-label="Loading your tab">
      <Foam />
      <div className={classes.top}>
        <span className={classes.ghost} style={{ width: 120 }} />
      </div>
      <div className={classes.total}>
        <span className={classes.ghost} style={{ width: "62%", height: "0.8em" }} />
      </div>
      <div className={classes.facts}>
        <span className={classes.ghost} style={{ width: 130 }} />
      </div>
    </section>
  );
}
