// The last hour of the engine, or of one queue: settled messages as columns, failures as a line.
import type { EngineMinute } from "@/api";
import { formatCount, formatTime, plural } from "@/format";
import { MinuteBars, Panel, type BarMinute } from "@/ui/desk";

export function EngineMinutes({ minutes, label }: { minutes: EngineMinute[]; label: string }) {
  const bars = minutes.map((minute) => ({ ms: minute.minute_ms, column: minute.done, line: minute.failed + minute.dead }));
  const hour = bars.reduce((total, { column, line }) => ({ ms: 0, column: total.column + column, line: total.line + line }), { ms: 0, column: 0, line: 0 });
  const reading = (minute: BarMinute | null) => {
    const { column, line } = minute ?? hour;
    return (
      <>
        <b>{minute ? formatTime(minute.ms, "time") : "Last hour"}</b> · {formatCount(column)} done · {plural(line, "failure")}
      </>
    );
  };
  return (
    <Panel label={label}>
      <MinuteBars minutes={bars} label={label} columnWord="done" lineWord="failures" lineScaleMin={20} clock={(ms) => formatTime(ms, "time")} reading={reading} />
    </Panel>
  );
}
