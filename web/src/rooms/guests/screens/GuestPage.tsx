// One guest: how to reach them, and the tags they wear: bind one, take one off.
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Attendee, Event } from "@/api";
import { formatTime } from "@/format";
import { places } from "@/rooms/events";
import { useMay } from "@/rooms/people";
import { Code, Loaded, PageHead, Panel, Refused } from "@/ui/desk";
import { useBindTag, useGuest, useReleaseTag } from "../queries";
import { sentences } from "../words";
import classes from "./GuestsPage.module.css";

export function GuestPage({ event, attendeeId }: { event: Event; attendeeId: string }) {
  const guest = useGuest(attendeeId);
  const ghost = (
    <div className={classes.columns} aria-busy="true">
      <Panel title={"\u00a0"}>
        <div className={classes.ghost} />
      </Panel>
      <Panel title={"\u00a0"}>
        <div className={classes.ghost} />
      </Panel>
    </div>
  );
  return (
    <>
      <PageHead title={guest.data?.name ?? "Guest"} back={{ to: places.guests(event.id), label: "Guests" }} />
      <Loaded query={guest} ghost={ghost}>
        {(data) => (
          <div className={classes.columns}>
            <Panel title="Tags">
              <Tags guest={data} />
            </Panel>
            <Panel title="About">
              <dl className={classes.facts}>
                <dt>E-mail</dt>
                <dd>{data.email ?? "Not given"}</dd>
                <dt>Phone</dt>
                <dd>{data.phone ?? "Not given"}</dd>
                <dt>On the list since</dt>
                <dd>{formatTime(data.created_ms, "moment", event.time_zone)}</dd>
              </dl>
            </Panel>
          </div>
        )}
      </Loaded>
    </>
  );
}

function Tags({ guest }: { guest: Attendee }) {
  const may = useMay();
  const release = useReleaseTag(guest);
  return (
    <>
      {guest.tags.length === 0 ? (
        <p className={classes.none}>{sentences.noTags}</p>
      ) : (
        <ul className={classes.tags}>
          {guest.tags.map((uid) => (
            <li key={uid}>
              <Code>{uid}</Code>
              {may("guests:write") && (
                <Button variant="subtle" color="grenadine" disabled={release.busy} aria-label={`Take off ${uid}`} onClick={() => release.run(uid)}>
                  Take off
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {may("guests:write") && <BindTag guest={guest} />}
    </>
  );
}

function BindTag({ guest }: { guest: Attendee }) {
  const [uid, setUid] = useState("");
  const bind = useBindTag(guest, () => setUid(""));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (uid.trim() !== "") bind.run(uid);
      }}
    >
      <Refused failure={bind.failure} shown={["uid"]} />
      <div className={classes.bind}>
        <TextInput label="Bind a tag" description="Whoever wore it before loses it." autoComplete="off" value={uid} error={bind.failure?.fields["uid"]} onChange={(event) => setUid(event.currentTarget.value)} />
        <Button type="submit" variant="light" loading={bind.busy} disabled={uid.trim() === ""}>
          Bind
        </Button>
      </div>
    </form>
  );
}
