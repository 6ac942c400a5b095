// Minutes (or any steps) side by side: one number as columns, another as a line. Point at one, or walk with the arrow keys, to read it.
import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import classes from "./MinuteBars.module.css";

export interface BarMinute {
  ms: number;
  column: number;
  line: number;
}

interface MinuteBarsProps {
  minutes: BarMinute[];
  /** What the picture shows, for those who do not see it. */
  label: string;
  columnWord: string;
  /** Without it there is no line. */
  lineWord?: string;
  /** Half as high: for a second picture below another. */
  low?: boolean;
  /** Small numbers are not blown up to full height: the line's scale reaches at least this far. */
  lineScaleMin?: number;
  clock: (ms: number) => string;
  /** Said of one minute, or of all when none is pointed at. */
  reading: (minute: BarMinute | null) => ReactNode;
}

const WIDTH = 600;
const HEIGHT = 190;

export function MinuteBars({ minutes, label, columnWord, lineWord, low = false, lineScaleMin = 4, clock, reading }: MinuteBarsProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  const step = WIDTH / Math.max(1, minutes.length);
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setChosen(within(Math.floor(((event.clientX - box.left) / box.width) * minutes.length), minutes.length));
  };
  const walk = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setChosen(within((chosen ?? minutes.length) + by, minutes.length));
  };
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <span aria-live={chosen === null ? "off" : "polite"}>{reading(minutes[chosen ?? -1] ?? null)}</span>
        <span className={classes.legend} aria-hidden>
          <i className={classes.columnKey} /> {columnWord}
          {lineWord !== undefined && (
            <>
              {" "}
              <i className={classes.lineKey} /> {lineWord}
            </>
          )}
        </span>
      </figcaption>
      <svg
        className={classes.chart}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        data-low={low || undefined}
        role="img"
        aria-label={label}
        tabIndex={0}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setChosen(null)}
        onBlur={() => setChosen(null)}
        onKeyDown={walk}
      >
        {chosen !== null && <rect className={classes.cursor} x={chosen * step} width={step} height={HEIGHT} />}
        <Columns minutes={minutes} step={step} />
        {lineWord !== undefined && <polyline className={classes.line} points={linePoints(minutes, step, lineScaleMin)} vectorEffect="non-scaling-stroke" />}
      </svg>
      <div className={classes.axis} aria-hidden>
        {marks(minutes.length).map((index) => (
          <span key={index}>{minutes[index] ? clock(minutes[index].ms) : ""}</span>
        ))}
      </div>
    </figure>
  );
}

/** Which of so many steps have their time written below. */
function marks(count: number): number[] {
  return [...new Set([0, 0.25, 0.5, 0.75, 1].map((share) => Math.max(0, Math.min(count - 1, Math.round(count * share)))))];
}

function Columns({ minutes, step }: { minutes: BarMinute[]; step: number }) {
  const most = Math.max(1, ...minutes.map((minute) => minute.column));
  return minutes.map((minute, index) => {
    const height = minute.column <= 0 ? 0 : Math.max(3, (minute.column / most) * (HEIGHT - 14));
    return <rect key={minute.ms} className={classes.column} x={index * step + step * 0.14} width={step * 0.72} y={HEIGHT - height} height={height} rx={2} />;
  });
}

function linePoints(minutes: BarMinute[], step: number, scaleMin: number): string {
  const most = Math.max(scaleMin, ...minutes.map((minute) => minute.line));
  return minutes.map((minute, index) => `${(index + 0.5) * step},${HEIGHT - 2 - (minute.line / most) * (HEIGHT - 24)}`).join(" ");
}

function within(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}
