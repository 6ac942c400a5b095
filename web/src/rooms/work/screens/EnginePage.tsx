// The engine at a glance: what needs a person first, then how work flows.
import { IconCheck, IconChevronRight } from "@tabler/icons-react";
import type { Attention, ConsoleOverview } from "@/api";
import { formatCount } from "@/format";
import { EmptyState } from "@/ui";
import { Figures, Go, Loaded, PageHead, Panel, type FigureProps } from "@/ui/desk";
import { EngineMinutes } from "../parts/EngineMinutes";
import classes from "../parts/work.module.css";
import { useEngine } from "../queries";
import { formatDepth, formatPerSecond, needOf, sentences, waited } from "../words";

export function EnginePage() {
  const engine = useEngine();
  return (
    <>
      <PageHead title="The work engine" />
      <Loaded query={engine} ghost={<Ghost />}>
        {(data) => (
          <div className={classes.stack}>
            <Figures figures={figuresOf(data)} />
            <Needs needs={data.attention} nowMs={data.as_of_ms} />
            <EngineMinutes minutes={data.minutes} label="Messages settled per minute in the last hour" />
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
    { label: "In work", value: formatCount(seen.leased) },
    { label: "Failed, last hour", value: formatCount(seen.failed_last_hour) },
    { label: "Dead letters", value: formatCount(seen.dead), testId: "dead", tone: seen.dead > 0 ? "warn" : undefined },
    { label: seen.workers_silent > 0 ? `Workers, ${seen.workers_silent} silent` : "Workers", value: formatCount(workers), tone: workers === 0 || seen.workers_silent > 0 ? "warn" : undefined },
  ];
}

function Needs({ needs, nowMs }: { needs: Attention[]; nowMs: number }) {
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
        {needs.map((one) => {
          const need = needOf(one, nowMs);
          return (
            <li key={one.kind + one.subject}>
              <Go to={need.to} className={classes.need}>
                <span>
                  <span className={classes.needTitle}>
                    <span className={classes.lamp} data-tone={need.tone} aria-hidden />
                    {need.title}
                  </span>
                  <span className={classes.needDetail}>{need.detail}</span>
                </span>
                <IconChevronRight size={20} aria-hidden />
              </Go>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Ghost() {
  const labels = ["Per second", "Waiting", "Oldest waits", "In work", "Failed, last hour", "Dead letters", "Workers"];
  return (
    <div className={classes.stack} aria-busy="true">
      <Figures figures={labels.map((label) => ({ label, value: "–" }))} />
      <Panel label="Needs a person">
        <div className={classes.ghost} />
      </Panel>
    </div>
  );
}
