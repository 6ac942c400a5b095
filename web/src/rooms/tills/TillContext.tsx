// What every screen of the till has at hand: its pairing, its outbox, and who is told when a tag is read.
import { createContext, use, useEffect, useEffectEvent, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { useApi, type DeviceSession } from "@/api";
import { Outbox } from "./outbox";
import type { Sale } from "./sale";
import { Wedge } from "./wedge";

interface Till {
  session: DeviceSession;
  outbox: Outbox;
}

const TillContext = createContext<Till | null>(null);

export function TillProvider({ session, children }: { session: DeviceSession; children: ReactNode }) {
  const api = useApi();
  const outbox = useMemo(() => new Outbox({ api, deviceId: session.device_id }), [api, session.device_id]);
  useEffect(() => {
    void outbox.send();
    return () => outbox.stop();
  }, [outbox]);
  const till = useMemo(() => ({ session, outbox }), [session, outbox]);
  return <TillContext value={till}>{children}</TillContext>;
}

export function useTill(): Till {
  const till = use(TillContext);
  if (!till) throw new Error("useTill needs a TillProvider above it");
  return till;
}

/** Every sale this till remembers, newest first. */
export function useSales(): readonly Sale[] {
  const { outbox } = useTill();
  return useSyncExternalStore(outbox.subscribe, outbox.snapshot);
}

/** The text of a field before a reader began to type into it, so that it can be put back. */
interface Before {
  field: HTMLInputElement;
  text: string;
}

function before(target: EventTarget | null): Before | null {
  return target instanceof HTMLInputElement ? { field: target, text: target.value } : null;
}

/** The first keys of a number cannot be told from a person's; once it is known whose they were, they are taken back. */
function restore({ field, text }: Before): void {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * Calls back when the reader has read a tag, wherever the focus is. While it "types", the keys reach nothing else:
 * no button is pressed by the Enter at its end.
 */
export function useTagReader(onTag: (uid: string) => void): void {
  const tell = useEffectEvent(onTag);
  useEffect(() => {
    const wedge = new Wedge();
    let untouched: Before | null = null;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const heard = wedge.hear(event.key, event.timeStamp);
      if (wedge.length === 1) untouched = before(event.target);
      if (heard.kind === "nothing") return;
      event.preventDefault();
      event.stopPropagation();
      if (heard.kind !== "tag") return;
      if (untouched) restore(untouched);
      tell(heard.uid);
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
}
