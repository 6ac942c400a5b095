// The first page: what Barback is in one glance, and the doors to its apps.
import { IconActivityHeartbeat, IconArrowRight, IconBuildingStore, IconCashRegister } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Foam, Mark, SchemeToggle } from "@/ui";
import classes from "./Landing.module.css";

interface Door {
  href: string;
  name: string;
  what: string;
  icon: ReactNode;
}

const doors: Door[] = [
  { href: "/office", name: "Office", what: "Events, menus, guests and tabs, and how the night is going, as it goes.", icon: <IconBuildingStore size={28} stroke={1.6} /> },
  { href: "/till", name: "Till", what: "Pair a tablet or a phone with a code, then sell onto wristbands.", icon: <IconCashRegister size={28} stroke={1.6} /> },
  { href: "/console", name: "Console", what: "The work behind the bar: queues, failures, and what waits for a person.", icon: <IconActivityHeartbeat size={28} stroke={1.6} /> },
];

const promises = [
  ["Accepted means on disk", "A till gets its answer in milliseconds. What it was told can no longer be lost."],
  ["Once, and in order", "Send an order twice, or late, or in a heap after an outage: each is on its tab one time."],
  ["Seen at once", "Guests, tills and the office watch the same tab change, without a reload."],
] as const;

export function Landing() {
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <Mark size={40} />
        <span className={classes.brand}>Barback</span>
        <a className={classes.quiet} href="/docs">
          API
        </a>
        <SchemeToggle />
      </header>
      <main>
        <section className={classes.hero}>
          <Foam />
          <div className={classes.words}>
            <h1 className={classes.title}>The bar never waits.</h1>
            <p className={classes.lead}>
              Barback takes orders for bars, festivals and venues. It answers the bartender at once and does everything else behind the bar: prices, taxes,
              tabs, books.
            </p>
          </div>
          <Receipt />
        </section>
        <nav className={classes.doors} aria-label="Apps">
          {doors.map((door) => (
            <a key={door.href} className={classes.door} href={door.href}>
              <span className={classes.icon} aria-hidden>
                {door.icon}
              </span>
              <span className={classes.name}>
                {door.name}
                <IconArrowRight className={classes.arrow} size={22} stroke={1.8} aria-hidden />
              </span>
              <span className={classes.what}>{door.what}</span>
            </a>
          ))}
        </nav>
        <section className={classes.promises} aria-label="What it promises">
          {promises.map(([title, text]) => (
            <div key={title}>
              <h2 className={classes.promise}>{title}</h2>
              <p className={classes.text}>{text}</p>
            </div>
          ))}
        </section>
      </main>
      <footer className={classes.foot}>Guests need no app and no account: their tab opens from a link of its own.</footer>
    </div>
  );
}

/** A tab as its guest sees it, in small: a picture, not data. */
function Receipt() {
  return (
    <div className={classes.receipt} aria-hidden>
      <span className={classes.tag}>21:42 · Main bar</span>
      <span>
        2× Pale Ale <b>11.60</b>
      </span>
      <span>
        1× Negroni <b>10.80</b>
      </span>
      <span className={classes.sum}>
        On the tab <b>22.40</b>
      </span>
    </div>
  );
}
