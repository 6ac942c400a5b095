// How work flowed in the last hour or the last day: what was done, what failed, and what waited meanwhile.
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { EngineMinute } from "@/api";
import { formatCount, formatTime, plural } from "@/format";
import { MinuteBars, Panel, type BarMinute } from "@/ui/desk";
import { useDay } from "../queries";
import { formatDepth, sentences } from "../words";
import classes from "./work.module.css";

type Span = "hour" | "day";
type Point = Pick<EngineMinute, "done" | "failed" | "dead"> & { ms: number; waiting: number | null };

const spans = [
  { value: "hour", label: "Last hour" },
  { value: "day", label: "Last day" },
];

/** `queue` "" is all of them. */
export function EngineMinutes({ minutes, queue, label }: { minutes: EngineMinute[]; queue: string; label: string }) {
  const [span, setSpan] = useState<Span>("hour");
  const day = useDay(queue, span === "day");
  const points: Point[] | undefined = span === "hour" ? minutes.map((minute) => ({ ...minute, ms: minute.minute_ms, waiting: minute.waiting ?? null })) : day.data?.map((step) => ({ ...step, ms: step.at_ms }));
  const name = `${label}, ${span === "hour" ? "minute by minute" : "in steps of five minutes"}`;
  return (
    <Panel label={label}>
      <SegmentedControl className={classes.segments} aria-label="How far back" data={spans} value={span} onChange={(value) => setSpan(value === "day" ? "day" : "hour")} />
      {points ? <Charts points={points} span={span} label={name} /> : <div className={classes.chartGhost} aria-busy={!day.isError}>{day.isError ? sentences.noDay : ""}</div>}
    </Panel>
  );
}

function Charts({ points, span, label }: { points: Point[]; span: Span; label: string }) {
  const flow = points.map(({ ms, done, failed, dead }) => ({ ms, column: done, line: failed + dead }));
  const sum = flow.reduce((total, { column, line }) => ({ ms: 0, column: total.column + column, line: total.line + line }), { ms: 0, column: 0, line: 0 });
  const when = (bar: BarMinute | null) => <b>{bar ? formatTime(bar.ms, "time") : span === "hour" ? "Last hour" : "Last day"}</b>;
  const backlog = carried(points);
  const most = Math.max(0, ...backlog.map(({ column }) => column));
  const clock = (ms: number) => formatTime(ms, "time");
  return (
    <>
      <MinuteBars
        minutes={flow}
        label={`Settled: ${label}`}
        columnWord="done"
        lineWord="failures"
        lineScaleMin={20}
        clock={clock}
        reading={(bar) => (
          <>
            {when(bar)} · {formatCount((bar ?? sum).column)} done · {plural((bar ?? sum).line, "failure")}
          </>
        )}
      />
      <MinuteBars
        minutes={backlog}
        low
        label={`Waiting: ${label}`}
        columnWord="waiting"
        clock={clock}
        reading={(bar) => (
          <>
            {when(bar)} · {bar ? `${formatDepth(bar.column, true)} waiting` : `${formatDepth(most, true)} waiting at most`}
          </>
        )}
      />
    </>
  );
}

/** Where nobody looked no worker was awake: what waited then is what waited before. */
function carried(points: Point[]): BarMinute[] {
  let last = 0;
  return points.map(({ ms, waiting }) => {
    last = waiting ?? last;
    return { ms, column: last, line: 0 };
  });
}
