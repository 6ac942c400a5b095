// Dead letters by what they died of: how many, since when, one to look at, and all of them sent round again or thrown away.
import { Button } from "@mantine/core";
import { IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { ErrorGroup } from "@/api";
import { formatTime, plural } from "@/format";
import { useMay } from "@/rooms/people";
import { usePlaces } from "@/ui/desk";
import type { RedriveAction } from "../redrives";
import { places, sentences } from "../words";
import { RedriveForm } from "./RedriveForm";
import classes from "./work.module.css";

export function ErrorGroups({ groups, withQueue = false }: { groups: ErrorGroup[]; withQueue?: boolean }) {
  if (groups.length === 0) return <p className={classes.quiet}>{sentences.noErrors}</p>;
  return (
    <div>
      {groups.map((group) => (
        <Group key={group.queue + group.fingerprint} group={group} withQueue={withQueue} />
      ))}
    </div>
  );
}

function Group({ group, withQueue }: { group: ErrorGroup; withQueue: boolean }) {
  const may = useMay();
  const { go } = usePlaces();
  const [asked, setAsked] = useState<RedriveAction | null>(null);
  const span = group.first_ms === group.last_ms ? formatTime(group.last_ms, "moment") : `${formatTime(group.first_ms, "moment")} – ${formatTime(group.last_ms, "moment")}`;
  return (
    <div className={classes.error} data-testid="error-group">
      <div>
        <div className={classes.errorFacts}>
          <b>{plural(group.count, "message")}</b> of {group.task}
          {withQueue && <> in {group.queue}</>} · {span}
        </div>
        <div className={classes.errorText}>{group.error}</div>
      </div>
      <div className={classes.buttons}>
        <Button variant="subtle" onClick={() => go(places.letter(group.newest_id))}>
          Look at one
        </Button>
        {may("console:write") && (
          <>
            {may("console:admin") && (
              <Button variant="subtle" color="grenadine" leftSection={<IconTrash size={17} />} onClick={() => setAsked("discard")}>
                Discard
              </Button>
            )}
            <Button variant="light" leftSection={<IconRefresh size={17} />} onClick={() => setAsked("retry")}>
              {group.count === 1 ? "Retry it" : `Retry all ${group.count}`}
            </Button>
          </>
        )}
        {asked && <RedriveForm which={{ queue: group.queue, fingerprint: group.fingerprint }} action={asked} onClose={() => setAsked(null)} />}
      </div>
    </div>
  );
}
