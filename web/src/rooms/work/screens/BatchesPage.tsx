// Batches: work that was fanned out, how far it is; stop one, send its dead members round again.
import { Button, Progress } from "@mantine/core";
import { IconPackages } from "@tabler/icons-react";
import type { Batch } from "@/api";
import { formatCount, formatTime } from "@/format";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { ask, Chip, Loaded, PageHead, Panel, type Tone } from "@/ui/desk";
import classes from "../parts/work.module.css";
import { useBatches, useCancelBatch, useRetryBatch } from "../running";
import { sentences } from "../words";

const states: Record<string, { tone: Tone; label: string }> = {
  open: { tone: "note", label: "Open" },
  running: { tone: "busy", label: "Running" },
  cancelled: { tone: "still", label: "Cancelled" },
  finished: { tone: "good", label: "Finished" },
};

export function BatchesPage() {
  const batches = useBatches();
  return (
    <>
      <PageHead title="Batches" about="Work that was fanned out, and what follows when all of it is done." />
      <Loaded query={batches} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) =>
          data.length === 0 ? (
            <EmptyState {...sentences.noBatches} icon={<IconPackages size={32} stroke={1.6} />} />
          ) : (
            <Panel label="Batches" flush>
              {data.map((batch) => (
                <Row key={batch.id} batch={batch} />
              ))}
            </Panel>
          )
        }
      </Loaded>
    </>
  );
}

function Row({ batch }: { batch: Batch }) {
  const may = useMay();
  const cancel = useCancelBatch(batch.id);
  const retry = useRetryBatch(batch.id);
  const state = states[batch.state] ?? { tone: "still" as const, label: batch.state };
  const ended = batch.total - batch.waiting;
  const runs = batch.state === "open" || batch.state === "running";
  const others = [batch.dead > 0 && `${formatCount(batch.dead)} dead`, batch.cancelled > 0 && `${formatCount(batch.cancelled)} cancelled`, batch.expired > 0 && `${formatCount(batch.expired)} expired`];
  return (
    <div className={classes.redrive} data-testid="batch">
      <div className={classes.redriveHead}>
        <span>
          <b>{batch.name}</b>: {formatCount(ended)} of {formatCount(batch.total)}
          <span className={classes.aside}>{[batch.tenant, `since ${formatTime(batch.opened_ms, "moment")}`, ...others].filter(Boolean).map((text) => ` · ${String(text)}`)}</span>
        </span>
        <span className={classes.buttons}>
          <Chip tone={state.tone}>{state.label}</Chip>
          {may("console:write") && batch.dead > 0 && (
            <Button variant="light" loading={retry.busy} onClick={() => retry.run()}>
              Retry the dead
            </Button>
          )}
          {may("console:write") && runs && (
            <Button variant="default" loading={cancel.busy} onClick={() => ask({ ...sentences.cancelBatch, onYes: () => cancel.run() })}>
              Cancel
            </Button>
          )}
        </span>
      </div>
      <Progress value={(100 * ended) / Math.max(1, batch.total)} aria-label={`${batch.name}: how far`} color={batch.dead > 0 ? "grenadine" : "hop"} />
    </div>
  );
}
