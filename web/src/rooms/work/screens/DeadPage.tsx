// Everything that gave up, by error and one by one.
import { IconCheck } from "@tabler/icons-react";
import { EmptyState } from "@/ui";
import { Loaded, PageHead, Panel } from "@/ui/desk";
import { ErrorGroups } from "../parts/ErrorGroups";
import { LetterTable } from "../parts/LetterTable";
import { Errands } from "../parts/Errands";
import classes from "../parts/work.module.css";
import { useErrorGroups } from "../queries";
import { sentences } from "../words";

export function DeadPage() {
  const groups = useErrorGroups();
  return (
    <>
      <PageHead title="Dead letters" about="Messages that used up their tries. Nothing is lost: each waits for a person." />
      <div className={classes.stack}>
        <Errands of={(one) => one.kind === "redrive" || one.kind === "discard"} />
      <Loaded query={groups} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) =>
          data.length === 0 ? (
            <EmptyState {...sentences.noDead} icon={<IconCheck size={32} />} />
          ) : (
            <div className={classes.stack}>
              <Panel title="By error" flush>
                <ErrorGroups groups={data} withQueue />
              </Panel>
              <LetterTable />
            </div>
          )
        }
      </Loaded>
      </div>
    </>
  );
}
