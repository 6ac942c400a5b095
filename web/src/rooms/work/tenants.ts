// What the console asks about tenants, and how it holds a tenant or a key.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Change, type TenantFigures, type TenantQueue } from "@/api";
import { useAct } from "@/ui/desk";
import { keys } from "./queries";

const LOOK_EVERY_MS = 5_000;

export function useTenants() {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "tenants"],
    queryFn: async (): Promise<{ as_of_ms: number; whole: boolean; items: TenantFigures[] }> => {
      const { as_of_ms, whole, items } = await unwrap(api.GET("/v1/console/tenants"));
      return { as_of_ms, whole, items: items as TenantFigures[] };
    },
    refetchInterval: LOOK_EVERY_MS,
  });
}

export function useTenant(tenant: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "tenants", tenant],
    queryFn: async (): Promise<{ as_of_ms: number; queues: TenantQueue[]; changes: Change[] }> => {
      const found = await unwrap(api.GET("/v1/console/tenants/one", { params: { query: { tenant } } }));
      return { as_of_ms: found.as_of_ms, queues: found.queues as TenantQueue[], changes: found.changes };
    },
    refetchInterval: LOOK_EVERY_MS,
  });
}

/** What the tenant's work of this month would have cost elsewhere, the cheapest first. */
export function useTenantCosts(tenant: string) {
  const api = useApi();
  return useQuery({ queryKey: ["work", "costs", tenant], queryFn: () => unwrap(api.GET("/v1/console/usage/costs", { params: { query: { tenant } } })), refetchInterval: 60_000 });
}

/** Claims nothing of a tenant any more, or again, in one queue or wherever it has work. */
export function useHoldTenant(tenant: string) {
  const api = useApi();
  const set = ({ queue, paused }: { queue?: string; paused: boolean }) => unwrap(api.POST("/v1/console/tenants/hold", { body: { tenant, paused, ...(queue === undefined ? {} : { queue }) } }));
  return useAct(set, {
    touches: [keys.all],
    done: ({ changed, by_line }, { paused }) => {
      const where = changed.length > 0 ? ` in ${changed.join(", ")}` : " already";
      return `${tenant} ${paused ? "is held" : "goes on"}${where}.${by_line.length > 0 ? ` Not in ${by_line.join(", ")}: its lines are not tenants.` : ""}`;
    },
  });
}

export function useHoldKey(queue: string, key: string) {
  const api = useApi();
  const set = (paused: boolean) => unwrap(api.POST("/v1/console/queues/{queue}/hold", { params: { path: { queue } }, body: { key, paused } }));
  return useAct(set, { touches: [keys.all], done: (_, paused) => ({ text: `${key} ${paused ? "is held" : "goes on"}.`, undo: () => set(!paused) }) });
}
