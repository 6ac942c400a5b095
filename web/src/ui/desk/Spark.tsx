// A small picture of the last minutes: how much as a line, what went wrong as dots below it.
import classes from "./Spark.module.css";

const WIDTH = 96;
const HEIGHT = 26;

export function Spark({ values, wrong = [], label }: { values: number[]; wrong?: number[]; label: string }) {
  const step = WIDTH / Math.max(1, values.length - 1);
  return (
    <svg className={classes.spark} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <polyline className={classes.line} points={sparkPoints(values, WIDTH, HEIGHT)} />
      {wrong.map((count, index) => (count > 0 ? <circle key={index} className={classes.wrong} cx={Math.min(index * step, WIDTH - 2)} cy={HEIGHT - 2} r={1.8} /> : null))}
    </svg>
  );
}

/** The points of a line through `values`, zero at the foot and the most at the top. */
export function sparkPoints(values: number[], width: number, height: number): string {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  return values.map((value, index) => `${(index * step).toFixed(1)},${(height - 4 - (value / most) * (height - 6)).toFixed(1)}`).join(" ");
}
