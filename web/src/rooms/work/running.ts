// What the console asks about batches, use and the autoscaler, and what it does with them.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type Batch, type Scaled, type Used } from "@/api";
import { plural } from "@/format";
import { useAct } from "@/ui/desk";
import { keys, useLook } from "./queries";

export function useBatches() {
  const api = useApi();
  const look = useLook();
  return useQuery({ queryKey: ["work", "batches"], queryFn: async (): Promise<Batch[]> => (await unwrap(api.GET("/v1/console/batches"))).items, ...look });
}

export function useCancelBatch(batch_id: string) {
  const api = useApi();
  return useAct(() => unwrap(api.POST("/v1/console/batches/{batch_id}/cancel", { params: { path: { batch_id } } })), { touches: [keys.all], done: () => "No more of it begins." });
}

export function useRetryBatch(batch_id: string) {
  const api = useApi();
  const retry = () => unwrap(api.POST("/v1/console/batches/{batch_id}/retry", { params: { path: { batch_id } } }));
  return useAct(retry, { touches: [keys.all], done: ({ retried, more }) => `${plural(retried, "message")} round again${more ? "; there are more" : ""}.` });
}

export function useUsage(by: "task" | "tenant") {
  const api = useApi();
  return useQuery({
    queryKey: ["work", "usage", by],
    queryFn: async (): Promise<{ month: string; as_of_ms: number; items: Used[] }> => {
      const { month, as_of_ms, items } = await unwrap(api.GET("/v1/console/usage", { params: { query: { by } } }));
      return { month, as_of_ms, items: items as Used[] };
    },
    refetchInterval: 15_000,
  });
}

export function useScaling() {
  const api = useApi();
  const look = useLook();
  return useQuery({ queryKey: ["work", "scaling"], queryFn: async (): Promise<Scaled[]> => (await unwrap(api.GET("/v1/console/scaling"))).items, ...look });
}
