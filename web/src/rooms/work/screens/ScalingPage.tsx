// What the autoscaler decided: how many workers, when, and why.
import type { ReactNode } from "react";
import { IconArrowsVertical } from "@tabler/icons-react";
import type { Scaled } from "@/api";
import { formatCount, formatTime, plural } from "@/format";
import { EmptyState } from "@/ui";
import { Loaded, MinuteBars, PageHead, Panel, Rows, useNow, type Column } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { useScaling } from "../running";
import { scalingSteps } from "../scaling";
import { sentences } from "../words";

const columns: Column<Scaled>[] = [
  { label: "Workers", role: "title", cell: (one) => `${one.before} to ${one.after} workers` },
  { label: "Why", role: "meta", cell: (one) => one.reason },
  { label: "Ready", role: "meta", cell: (one) => <span>{formatCount(one.ready)} ready</span> },
  { label: "In work", role: "meta", cell: (one) => <span>{formatCount(one.in_flight)} in work</span> },
  { label: "Within", role: "meta", cell: (one) => <span>{`${one.least} to ${one.most}`}</span> },
  { label: "Host", role: "meta", cell: (one) => one.host },
  { label: "When", role: "figure", cell: (one) => formatTime(one.at_ms, "moment") },
];

export function ScalingPage() {
  const scaling = useScaling();
  const table = (rows: Scaled[] | undefined) => (
    <Panel flush>
      <Rows label="Decisions" columns={columns} rows={rows} id={(one) => `${one.host} ${one.pid} ${one.at_ms}`} expect={4} />
    </Panel>
  );
  return (
    <>
      <PageHead title="Autoscaler" about="What supervisors decided, the newest first." />
      <Loaded query={scaling} ghost={table(undefined)}>
        {(data) => (data.length > 0 ? <Decided decisions={data}>{table(data)}</Decided> : <EmptyState {...sentences.noScaling} icon={<IconArrowsVertical size={32} stroke={1.6} />} />)}
      </Loaded>
    </>
  );
}

const STEP_MS = 60_000;

function Decided({ decisions, children }: { decisions: Scaled[]; children: ReactNode }) {
  const steps = scalingSteps(decisions, useNow(STEP_MS) + STEP_MS);
  const most = Math.max(...steps.map((step) => step.workers));
  return (
    <div className={classes.stack}>
      <Panel>
        <MinuteBars
          label={`Workers since ${formatTime(steps[0]?.ms ?? 0, "moment")}, at most ${most}`}
          columnWord="workers"
          lineWord="ready"
          minutes={steps.map((step) => ({ ms: step.ms, column: step.workers, line: step.ready }))}
          clock={(ms) => formatTime(ms, "time")}
          reading={(step) => (step ? `${formatTime(step.ms, "time")}: ${plural(step.column, "worker")}, ${formatCount(step.line)} ready` : `${plural(most, "worker")} at most`)}
        />
      </Panel>
      {children}
    </div>
  );
}
