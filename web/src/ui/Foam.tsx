// The head on a glass: a row of bubbles along the upper rim of whatever it is put into.
import classes from "./Foam.module.css";

const BUBBLES = Array.from({ length: 60 }, (_, n) => ({ x: n * 29.5 - 6 + (n % 3) * 2, y: n % 3 === 0 ? 6 : 4, r: n % 3 === 1 ? 21 : 17 }));

export function Foam() {
  return (
    <svg className={classes.foam} viewBox="0 0 1760 30" preserveAspectRatio="xMinYMin slice" aria-hidden>
      <rect width="1760" height="9" />
      {BUBBLES.map(({ x, y, r }) => (
        <circle key={x} cx={x} cy={y} r={r} />
      ))}
    </svg>
  );
}
