// What the console asks about workers, and what it asks of them.
import { useQuery } from "@tanstack/react-query";
import { unwrap, useApi, type EngineWorker, type WorkerDetail } from "@/api";
import { useAct } from "@/ui/desk";
import { keys, useLook } from "./queries";

export function useWorkers() {
  const api = useApi();
  const look = useLook();
  return useQuery({ queryKey: ["work", "workers"], queryFn: (): Promise<{ as_of_ms: number; items: EngineWorker[] }> => unwrap(api.GET("/v1/console/workers")), ...look });
}

export function useWorker(worker_id: string) {
  const api = useApi();
  const look = useLook();
  return useQuery({
    queryKey: ["work", "workers", worker_id],
    queryFn: (): Promise<WorkerDetail> => unwrap(api.GET("/v1/console/workers/{worker_id}", { params: { path: { worker_id } } })),
    ...look,
  });
}

/** Asks a worker to end, or to stay while it has not left. */
export function useDrainWorker(worker_id: string) {
  const api = useApi();
  const path = { params: { path: { worker_id } } };
  const drain = () => unwrap(api.POST("/v1/console/workers/{worker_id}/drain", path));
  const keep = () => unwrap(api.POST("/v1/console/workers/{worker_id}/keep", path));
  return {
    drain: useAct(drain, { touches: [keys.all], done: () => ({ text: "It drains.", undo: keep }) }),
    keep: useAct(keep, { touches: [keys.all], done: () => "It stays." }),
  };
}
