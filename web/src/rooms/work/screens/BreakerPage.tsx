// One breaker: how it stands and why, which of its lines are held up, and how it came to be so.
import type { Breaker, BreakerDetail } from "@/api";
import { formatTime, plural } from "@/format";
import { useMay } from "@/rooms/people";
import { Chip, Go, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { aboutBreaker, breakerState, nextOfBreaker, useBreaker } from "../breakers";
import { Forcing } from "../parts/Forcing";
import { Changes } from "../parts/History";
import classes from "../parts/work.module.css";
import { places, sentences } from "../words";

const columns: Column<Breaker>[] = [
  { label: "Line", role: "title", cell: (one) => one.line || "no line" },
  { label: "About it", role: "meta", cell: aboutBreaker },
  { label: "Last error", role: "meta", cell: (one) => (one.error ?? "").slice(0, 90) },
  { label: "State", role: "figure", cell: (one) => <Chip tone={breakerState(one).tone}>{breakerState(one).label}</Chip> },
];

export function BreakerPage({ name }: { name: string }) {
  const breaker = useBreaker(name);
  const may = useMay();
  const shown = may("console:write") ? [...columns, { label: "Force", role: "action" as const, cell: (one: Breaker) => <Forcing breaker={one} /> }] : columns;
  return (
    <>
      <PageHead title={name} back={{ to: places.breakers, label: "Breakers" }} about={breaker.data ? policyOf(breaker.data.breaker) : "\u00a0"}>
        {breaker.data && may("console:write") && <Forcing breaker={breaker.data.breaker} variant="default" />}
      </PageHead>
      <Loaded query={breaker} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => (
          <div className={classes.stack}>
            <div className={classes.columns}>
              <Panel title="About it">
                <About found={data} />
              </Panel>
              {data.breaker.error !== null && (
                <Panel title="Last error">
                  <pre className={classes.body} tabIndex={0}>
                    {data.breaker.error}
                  </pre>
                </Panel>
              )}
            </div>
            {data.breaker.by_line && (
              <Panel title="Its lines" flush={data.lines.length > 0}>
                {data.lines.length > 0 ? <Rows label="Its lines" columns={shown} rows={data.lines} id={(one) => one.line ?? ""} /> : <p className={classes.errorFacts}>{sentences.noLineHeld}</p>}
              </Panel>
            )}
            <Changes changes={data.changes} title="What became of it" />
            {data.changes.length === 0 && (
              <Panel title="What became of it">
                <p className={classes.errorFacts}>{sentences.breakerUntouched}</p>
              </Panel>
            )}
          </div>
        )}
      </Loaded>
    </>
  );
}

function policyOf(one: Breaker): string {
  return `Opens after ${plural(one.failures_max, "failure")} in a row within ${one.within_ms / 1_000} s, probes every ${one.open_ms / 1_000} s`;
}

function About({ found: { breaker, lines } }: { found: BreakerDetail }) {
  const state = breakerState(breaker);
  return (
    <dl className={classes.facts}>
      <dt>State</dt>
      <dd>
        <Chip tone={state.tone}>{state.label}</Chip>
      </dd>
      <dt>Since</dt>
      <dd>{formatTime(breaker.changed_ms, "moment")}</dd>
      {nextOfBreaker(breaker) !== "" && (
        <>
          <dt>Now</dt>
          <dd>{nextOfBreaker(breaker)}</dd>
        </>
      )}
      {breaker.prober !== null && (
        <>
          <dt>Probe</dt>
          <dd>{breaker.probe === null ? breaker.prober : <Go to={places.message(breaker.probe)}>under way</Go>}</dd>
        </>
      )}
      {breaker.by_line && (
        <>
          <dt>Lines held</dt>
          <dd>{lines.length}</dd>
        </>
      )}
      <dt>Guards</dt>
      <dd className={classes.queueLinks}>
        {breaker.queues.map((queue) => (
          <Go key={queue} to={places.queue(queue)}>
            {queue}
          </Go>
        ))}
      </dd>
    </dl>
  );
}
