// What a change made different, in a line: "paused: no to yes".
import type { Change } from "@/api";
import { differences } from "../changes";
import classes from "./work.module.css";

const SHOWN = 4;

export function WhatChanged({ change }: { change: Change }) {
  const all = differences(change.before, change.after);
  if (all.length === 0) return null;
  return (
    <div className={classes.differences}>
      {all.slice(0, SHOWN).map(({ name, before, after }) => (
        <span key={name}>
          {name}: {before !== null && after !== null ? `${before} to ${after}` : after !== null ? after : <s>{before}</s>}
        </span>
      ))}
      {all.length > SHOWN && <span>and {all.length - SHOWN} more</span>}
    </div>
  );
}
