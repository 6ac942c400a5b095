// What happened to a message or a key so far: tries that failed, and what operators did.
import type { Change, DeadLetterDetail } from "@/api";
import { formatTime } from "@/format";
import { Code, Go, Panel } from "@/ui/desk";
import { deedOf, formatTook, places } from "../words";
import { Diff } from "./Diff";
import { WhatChanged } from "./WhatChanged";
import classes from "./work.module.css";

/** Nobody knows how long a try took whose worker died. */
function tookText(ms: number | null): string {
  if (ms === null) return "time not known";
  return ms < 1 ? "took less than 1 ms" : `took ${formatTook(ms * 1_000)}`;
}

export function Failures({ failures, trace }: { failures: DeadLetterDetail["failures"]; trace: string | null }) {
  if (failures.length === 0) return null;
  return (
    <Panel title="Tries that failed" flush>
      <ol className={classes.tries}>
        {failures.map((failure, index) => (
          <li key={index}>
            <div className={classes.errorFacts}>
              <b>Try {failure.attempt}</b> · {formatTime(failure.at_ms - (failure.took_ms ?? 0), "moment")} ·{" "}
              <span data-testid="took">{tookText(failure.took_ms)}</span> · <Go to={places.worker(failure.worker)}>{failure.worker}</Go>
              {trace !== null && (
                <>
                  {" · "}
                  <a href={trace} target="_blank" rel="noreferrer">
                    Trace
                  </a>
                </>
              )}
            </div>
            <div className={classes.errorText}>{failure.error}</div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

export function Changes({ changes, title = "What was done with it" }: { changes: Change[]; title?: string }) {
  if (changes.length === 0) return null;
  return (
    <Panel title={title} flush>
      <ol className={classes.tries}>
        {changes.map((change) => (
          <li key={change.id}>
            <div className={classes.errorFacts}>
              <b>{deedOf(change.action)}</b> · {formatTime(change.at_ms, "moment")} · <Code>{change.who}</Code>
            </div>
            {change.action === "dead.edited" ? <Diff before={change.before} after={change.after} /> : <WhatChanged change={change} />}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
