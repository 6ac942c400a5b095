// The last hour of an event, minute by minute: money as columns, orders as a line.
import type { Overview } from "@/api";
import { formatMoney, formatTime, plural } from "@/format";
import { MinuteBars, type BarMinute } from "@/ui/desk";

export function MinuteChart({ overview, timeZone }: { overview: Overview; timeZone: string }) {
  const clock = (ms: number) => formatTime(ms, "time", timeZone);
  const minutes = overview.chart.map((minute) => ({ ms: minute.minute_ms, column: minute.sales_minor, line: minute.orders }));
  const hour = { ms: 0, column: sum(minutes, "column"), line: sum(minutes, "line") };
  const reading = (minute: BarMinute | null) => {
    const { column, line } = minute ?? hour;
    return (
      <>
        <b>{minute ? clock(minute.ms) : "Last hour"}</b> · {formatMoney(column, overview.currency)} · {plural(line, "order")}
      </>
    );
  };
  return <MinuteBars minutes={minutes} label="Sales per minute in the last hour" columnWord="money" lineWord="orders" clock={clock} reading={reading} />;
}

function sum(minutes: BarMinute[], what: "column" | "line"): number {
  return minutes.reduce((total, minute) => total + minute[what], 0);
}
