// Two payloads side by side in one column: what goes, what comes.
import { diffLines, pretty } from "../diff";
import classes from "./work.module.css";

const marks = { same: " ", gone: "−", new: "+" } as const;
const words = { same: "", gone: "removed: ", new: "added: " } as const;

export function Diff({ before, after }: { before: unknown; after: unknown }) {
  return (
    <div className={classes.diff} role="group" aria-label="What changes" tabIndex={0}>
      {diffLines(pretty(before), pretty(after)).map((line, index) => (
        <div key={index} data-kind={line.kind}>
          <span className="visually-hidden">{words[line.kind]}</span>
          <span aria-hidden>{marks[line.kind]}</span> {line.text}
        </div>
      ))}
    </div>
  );
}
