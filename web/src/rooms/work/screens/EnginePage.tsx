// The engine at a glance: what needs a person first, then how work flows.
import { Button } from "@mantine/core";
import { IconCheck, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import type { Attention, ConsoleOverview, Latency } from "@/api";
import { formatCount } from "@/format";
import { EmptyState } from "@/ui";
import { Figures, Go, Loaded, PageHead, Panel, type FigureProps, type Tone } from "@/ui/desk";
import { EngineMinutes } from "../parts/EngineMinutes";
import { Errands } from "../parts/Errands";
import classes from "../parts/work.module.css";
import { useEngine } from "../queries";
import { formatDepth, formatPerSecond, formatTook, needOf, sentences, waited } from "../words";

export function EnginePage() {
  const engine = useEngine();
  return (
    <>
      <PageHead title="The work engine" />
      <Loaded query={engine} ghost={<Ghost />}>
        {(data) => (
          <div className={classes.stack}>
            <Needs needs={data.attention} nowMs={data.as_of_ms} />
            <Figures figures={figuresOf(data)} />
            <EngineMinutes minutes={data.minutes} queue="" label="How work flows" />
            <Errands />
          </div>
        )}
      </Loaded>
    </>
  );
}

function figuresOf(seen: ConsoleOverview): FigureProps[] {
  const workers = seen.workers_working + seen.workers_idle;
  return [
    { label: "Per second", value: formatPerSecond(seen.rate_per_second), testId: "rate" },
    { label: "Waiting", value: formatDepth(seen.ready + seen.waiting, seen.at_least), testId: "waiting" },
    { label: "Oldest waits", value: waited(seen.oldest_ms, seen.as_of_ms) },
    { label: "Waited, p95", value: tookOf(seen.waited), testId: "waited" },
    { label: "Handler, p95", value: tookOf(seen.ran) },
    { label: "In work", value: formatCount(seen.leased) },
    { label: "Failed, last hour", value: formatCount(seen.failed_last_hour) },
    { label: "Dead letters", value: formatCount(seen.dead), testId: "dead", tone: seen.dead > 0 ? "warn" : undefined },
    { label: "Open breakers", value: formatCount(seen.breakers_open), tone: seen.breakers_open > 0 ? "warn" : undefined },
    { label: seen.workers_silent > 0 ? `Workers, ${seen.workers_silent} silent` : "Workers", value: formatCount(workers), tone: workers === 0 || seen.workers_silent > 0 ? "warn" : undefined },
  ];
}

/** With hundreds of queues the worst are shown, and the others asked for: what follows must stay in reach. */
const NEEDS_SHOWN = 6;

function Needs({ needs, nowMs }: { needs: Attention[]; nowMs: number }) {
  const [all, setAll] = useState(false);
  if (needs.length === 0) {
    return (
      <Panel label="Needs a person">
        <EmptyState {...sentences.calm} icon={<IconCheck size={32} />} />
      </Panel>
    );
  }
  return (
    <Panel title="Needs a person" flush>
      <ul className={classes.needs}>
        {needs.slice(0, all ? needs.length : NEEDS_SHOWN).map((one) => {
          const need = needOf(one, nowMs);
          return (
            <li key={one.kind + one.subject}>
              {need.to === null ? (
                <div className={classes.need}>
                  <NeedText {...need} />
                </div>
              ) : (
                <Go to={need.to} className={classes.need}>
                  <NeedText {...need} />
                  <IconChevronRight size={20} aria-hidden />
                </Go>
              )}
            </li>
          );
        })}
      </ul>
      {needs.length > NEEDS_SHOWN && (
        <Button variant="subtle" fullWidth onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Show the worst" : `Show all ${formatCount(needs.length)}`}
        </Button>
      )}
    </Panel>
  );
}

function NeedText({ tone, title, detail }: { tone: Tone; title: string; detail: string }) {
  return (
    <span>
      <span className={classes.needTitle}>
        <span className={classes.lamp} data-tone={tone} aria-hidden />
        {title}
      </span>
      <span className={classes.needDetail}>{detail}</span>
    </span>
  );
}

/** How long 95 in a hundred took at most, in the last five minutes. */
function tookOf(latency: Latency | null): string {
  return latency ? formatTook(latency.p95_us) : "–";
}

function Ghost() {
  const labels = ["Per second", "Waiting", "Oldest waits", "Waited, p95", "Handler, p95", "In work", "Failed, last hour", "Dead letters", "Open breakers", "Workers"];
  return (
    <div className={classes.stack} aria-busy="true">
      <Panel label="Needs a person">
        <div className={classes.ghost} />
      </Panel>
      <Figures figures={labels.map((label) => ({ label, value: "–" }))} />
    </div>
  );
}
