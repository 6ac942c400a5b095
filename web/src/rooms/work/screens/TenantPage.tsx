// One tenant in each of its queues: depth, limits, held or not; what it used and what that would cost elsewhere.
import { Button } from "@mantine/core";
import { IconDropletOff, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import type { TenantQueue } from "@/api";
import { formatCount } from "@/format";
import { useMay } from "@/rooms/people";
import { ask, askTyped, Chip, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { useDrainTenant } from "../errands";
import { filter } from "../look";
import { Errands } from "../parts/Errands";
import { Changes } from "../parts/History";
import classes from "../parts/work.module.css";
import { useUsage } from "../running";
import { useHoldTenant, useTenant, useTenantCosts } from "../tenants";
import { limitsOf, limitsText } from "../tuning";
import { formatSeconds, places, sentences, waited } from "../words";

function columnsAt(nowMs: number): Column<TenantQueue>[] {
  return [
    { label: "Queue", role: "title", cell: (one) => one.queue },
    { label: "State", role: "figure", cell: (one) => <Chip tone={one.held ? "busy" : one.line ? "good" : "still"}>{one.held ? "Held" : one.line ? "Goes on" : "Lines are not tenants"}</Chip> },
    { label: "Waiting", role: "meta", cell: (one) => <span>{formatCount(one.ready + one.waiting)} waiting</span> },
    { label: "Oldest waits", role: "meta", cell: (one) => (one.oldest_ms === null ? "" : <span>for {waited(one.oldest_ms, nowMs)}</span>) },
    { label: "Later", role: "meta", cell: (one) => <span>{formatCount(one.scheduled)} later</span> },
    { label: "In work", role: "meta", cell: (one) => <span>{formatCount(one.leased)} in work</span> },
    { label: "Dead", role: "meta", cell: (one) => <span>{formatCount(one.dead)} dead</span> },
    { label: "Limits", role: "meta", cell: (one) => (one.limits === null ? "" : limitsText(limitsOf(one.limits))) },
  ];
}

export function TenantPage({ name }: { name: string }) {
  const tenant = useTenant(name);
  const may = useMay();
  const columns = (nowMs: number): Column<TenantQueue>[] =>
    may("console:write") ? [...columnsAt(nowMs), { label: "Hold", role: "action", cell: (one) => (one.line ? <HoldThere tenant={name} one={one} /> : "") }] : columnsAt(nowMs);
  return (
    <>
      <PageHead title={name} back={{ to: places.tenants, label: "Tenants" }}>
        {tenant.data && may("console:write") && <Deeds name={name} queues={tenant.data.queues} />}
      </PageHead>
      <Loaded query={tenant} ghost={<div className={classes.ghost} aria-busy="true" />}>
        {(data) => (
          <div className={classes.stack}>
            <Errands of={(one) => one.kind === "drain" && one.question === name} />
            <Panel title="Its queues" flush>
              <Rows label="Its queues" columns={columns(data.as_of_ms)} rows={data.queues} id={(one) => one.queue} to={(one) => places.messages(`${filter("queue", one.queue)} ${filter("tenant", name)}`)} />
            </Panel>
            <Panel title="This month">
              <Month name={name} />
            </Panel>
            <Changes changes={data.changes} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function HoldThere({ tenant, one }: { tenant: string; one: TenantQueue }) {
  const hold = useHoldTenant(tenant);
  return (
    <Button variant="subtle" loading={hold.busy} aria-label={`${one.held ? "Let go on" : "Hold"} in ${one.queue}`} onClick={() => hold.run({ queue: one.queue, paused: !one.held })}>
      {one.held ? "Let go on" : "Hold"}
    </Button>
  );
}

function Month({ name }: { name: string }) {
  const used = useUsage("tenant").data?.items.find((one) => one.tenant === name);
  const cheapest = useTenantCosts(name).data?.items[0];
  return (
    <dl className={classes.facts}>
      <dt>Done</dt>
      <dd>{formatCount(used?.done ?? 0)}</dd>
      <dt>Failed tries</dt>
      <dd>{formatCount((used?.failed ?? 0) + (used?.dead ?? 0))}</dd>
      <dt>Time</dt>
      <dd>{formatSeconds(used?.wall_us ?? 0)}</dd>
      <dt>Processor</dt>
      <dd>{formatSeconds(used?.cpu_us ?? 0)}</dd>
      <dt>Elsewhere</dt>
      <dd>{cheapest ? `$${cheapest.total_usd} at ${cheapest.name}, the cheapest list` : "–"}</dd>
    </dl>
  );
}

function Deeds({ name, queues }: { name: string; queues: TenantQueue[] }) {
  const may = useMay();
  const hold = useHoldTenant(name);
  const drain = useDrainTenant(name);
  const held = queues.some((one) => one.held);
  const runs = queues.some((one) => one.line && !one.held);
  return (
    <>
      {may("console:admin") && (
        <Button variant="light" color="grenadine" leftSection={<IconDropletOff size={18} />} loading={drain.busy} onClick={() => askTyped({ ...sentences.drainTenant(name), word: name, onYes: () => drain.run() })}>
          Drain
        </Button>
      )}
      {held && (
        <Button leftSection={<IconPlayerPlay size={18} />} loading={hold.busy} onClick={() => hold.run({ paused: false })}>
          Let it go on
        </Button>
      )}
      {runs && (
        <Button variant="default" leftSection={<IconPlayerPause size={18} />} loading={hold.busy} onClick={() => ask({ ...sentences.holdTenant(name), onYes: () => hold.run({ paused: true }) })}>
          Hold it everywhere
        </Button>
      )}
    </>
  );
}
