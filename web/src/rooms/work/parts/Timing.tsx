// How long messages of a queue waited and how long their handlers took: percentiles, and the last hour as bars.
import type { Latency, QueueTiming } from "@/api";
import { formatCount, plural } from "@/format";
import { MinuteBars, Panel } from "@/ui/desk";
import { formatTook } from "../words";
import classes from "./work.module.css";

type Bars = QueueTiming["waited_bars"];

export function Timing({ timing, queue }: { timing: QueueTiming; queue: string }) {
  return (
    <div className={classes.columns}>
      <Half title="Waited before they began" latency={timing.waited ?? null} bars={timing.waited_bars} none="Nothing began in the last hour." queue={queue} />
      <Half title="Took in the handler" latency={timing.ran ?? null} bars={timing.ran_bars} none="Nothing was handled in the last hour." queue={queue} />
    </div>
  );
}

function Half({ title, latency, bars, none, queue }: { title: string; latency: Latency | null; bars: Bars; none: string; queue: string }) {
  return (
    <Panel title={title} aside={<span className={classes.aside}>last hour</span>}>
      {latency ? <Spread latency={latency} bars={bars} label={`${queue}: ${title.toLowerCase()}`} /> : <p className={classes.none}>{none}</p>}
    </Panel>
  );
}

function Spread({ latency, bars, label }: { latency: Latency; bars: Bars; label: string }) {
  return (
    <>
      <dl className={classes.shares}>
        {shares.map(({ name, of }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatTook(of(latency))}</dd>
          </div>
        ))}
      </dl>
      <MinuteBars
        minutes={bars.map(({ upto_us, count }) => ({ ms: upto_us, column: count, line: 0 }))}
        low
        label={`${label}. Half within ${formatTook(latency.p50_us)}, 95 % within ${formatTook(latency.p95_us)}, 99 % within ${formatTook(latency.p99_us)}`}
        columnWord="messages"
        clock={formatTook}
        reading={(bar) =>
          bar ? (
            <>
              <b>{`${formatTook(bar.ms / 2)} – ${formatTook(bar.ms)}`}</b> · {plural(bar.column, "message")}
            </>
          ) : (
            <>
              <b>{formatCount(latency.count)}</b> measured
            </>
          )
        }
      />
    </>
  );
}

const shares = [
  { name: "p50", of: (latency: Latency) => latency.p50_us },
  { name: "p95", of: (latency: Latency) => latency.p95_us },
  { name: "p99", of: (latency: Latency) => latency.p99_us },
];
