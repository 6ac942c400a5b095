// How far one is: four bars, the ones behind filled.
import classes from "./Steps.module.css";

export function Steps({ names, at }: { names: string[]; at: number }) {
  return (
    <ol className={classes.steps} aria-label={`Step ${at + 1} of ${names.length}`}>
      {names.map((name, index) => (
        <li key={name} data-done={index < at || undefined} aria-current={index === at ? "step" : undefined}>
          {name}
        </li>
      ))}
    </ol>
  );
}
