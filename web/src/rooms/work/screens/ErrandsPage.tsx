// What operators asked for that takes long: under way first, then what ended lately.
import { IconChecklist } from "@tabler/icons-react";
import { EmptyState } from "@/ui";
import { Loaded, PageHead, Panel } from "@/ui/desk";
import { useErrands } from "../errands";
import { ErrandRows } from "../parts/Errands";
import classes from "../parts/work.module.css";
import { sentences } from "../words";

export function ErrandsPage() {
  const errands = useErrands();
  return (
    <>
      <PageHead title="Under way" about="Workers do it, whoever looks or not: nobody has to stay." />
      <Loaded query={errands} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState {...sentences.noErrands} icon={<IconChecklist size={32} stroke={1.6} />} />
          ) : (
            <div className={classes.stack}>
              {[
                { title: "Now", errands: found.filter((one) => one.state === "running") },
                { title: "Lately", errands: found.filter((one) => one.state !== "running") },
              ].map(
                (part) =>
                  part.errands.length > 0 && (
                    <Panel key={part.title} title={part.title} flush>
                      <ErrandRows errands={part.errands} />
                    </Panel>
                  ),
              )}
            </div>
          )
        }
      </Loaded>
    </>
  );
}
