// Which of its lives the till is in: not paired, open in another window, unpaired by the office, or selling.
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ConnectionProvider } from "@/api";
import type { Device } from "@/api/device";
import { PairScreen, revokedWords, TillProvider } from "@/rooms/tills";
import { ErrorState } from "@/ui";
import { DeviceContext, router } from "./router";

export function TillApp({ device }: { device: Device }) {
  const session = useSyncExternalStore(device.subscribe, device.snapshot);
  const revoked = useSyncExternalStore(device.subscribe, device.isRevoked);
  const alone = useOnlyWindow();
  if (!alone) {
    return <ErrorState title="The till is open in another window" detail="Two windows would mix up their counts. Close the other one, and this one goes on by itself." fill />;
  }
  if (!session) return <PairScreen device={device} />;
  if (revoked) return <ErrorState {...revokedWords} action="Pair again" onAction={() => device.forget()} fill />;
  return (
    <ConnectionProvider credentials={device}>
      <TillProvider session={session}>
        <DeviceContext value={device}>
          <RouterProvider router={router} />
        </DeviceContext>
      </TillProvider>
    </ConnectionProvider>
  );
}

/** Holds the till's lock: the window that has it sells, any other waits for it. */
function useOnlyWindow(): boolean {
  const [alone, setAlone] = useState(!("locks" in navigator));
  useEffect(() => {
    if (!("locks" in navigator)) return;
    const leaving = new AbortController();
    let leave: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (leave = resolve));
    const hold = () => {
      setAlone(true);
      return gone;
    };
    navigator.locks.request("barback-till", { signal: leaving.signal }, hold).catch(() => undefined);
    return () => {
      leaving.abort();
      leave();
    };
  }, []);
  return alone;
}
