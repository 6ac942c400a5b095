// What happened to a message or a key so far: tries that failed, and what operators did.
import type { Change, DeadLetterDetail } from "@/api";
import { formatTime } from "@/format";
import { Code, Panel } from "@/ui/desk";
import { deedOf } from "../words";
import { Diff } from "./Diff";
import classes from "./work.module.css";

export function Failures({ failures }: { failures: DeadLetterDetail["failures"] }) {
  if (failures.length === 0) return null;
  return (
    <Panel title="Tries that failed" flush>
      <ol className={classes.tries}>
        {failures.map((failure, index) => (
          <li key={index}>
            <div className={classes.errorFacts}>
              <b>Try {failure.attempt}</b> · {formatTime(failure.at_ms, "moment")} · <Code>{failure.worker}</Code>
            </div>
            <div className={classes.errorText}>{failure.error}</div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

export function Changes({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return null;
  return (
    <Panel title="What was done with it" flush>
      <ol className={classes.tries}>
        {changes.map((change) => (
          <li key={change.id}>
            <div className={classes.errorFacts}>
              <b>{deedOf(change.action)}</b> · {formatTime(change.at_ms, "moment")} · <Code>{change.who}</Code>
            </div>
            {change.action === "dead.edited" && <Diff before={change.before} after={change.after} />}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
