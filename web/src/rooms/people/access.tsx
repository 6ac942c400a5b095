// Who is signed in and what they may do: the gate in front of the office and the console.
import { Notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { ConnectionProvider, unwrap, useApi, type Me } from "@/api";
import type { Person } from "@/api/person";
import { ErrorState, Mark } from "@/ui";
import { ExplainProvider } from "@/ui/desk";
import { explainFully } from "./explain";
import { Door } from "./screens/Door";
import { OwnPassword } from "./screens/OwnPassword";

interface Access {
  me: Me;
  person: Person;
}

const AccessContext = createContext<Access | null>(null);

export function useAccess(): Access {
  const access = use(AccessContext);
  if (!access) throw new Error("useAccess needs a Desk above it");
  return access;
}

/** `may("menu:write")`: whether to show what the server would refuse anyway. */
export function useMay(): (permission: string) => boolean {
  const { me } = useAccess();
  return (permission) => me.permissions.includes(permission);
}

interface DeskProps {
  /** The app's name, shown at the door. */
  name: string;
  person: Person;
  /** Whether strangers may open an account here. */
  signUp: boolean;
  children: ReactNode;
}

/** Lets in who is signed in, and shows the door to everybody else. */
export function Desk({ name, person, signUp, children }: DeskProps) {
  const state = useSyncExternalStore(person.subscribe, person.snapshot);
  const { failure, again } = useResume(person);
  useForgetting(state.status);
  return (
    <ExplainProvider explain={explainFully}>
      <Notifications position="bottom-right" limit={4} />
      {state.status === "unknown" && (failure === null ? <Waiting /> : <ErrorState {...explainFully(failure)} action="Try again" onAction={again} fill />)}
      {state.status === "out" && <Door name={name} person={person} signUp={signUp} />}
      {state.status === "in" && (
        <ConnectionProvider credentials={person}>
          {state.session.person.password_temporary ? <OwnPassword person={person} /> : <Inside person={person}>{children}</Inside>}
        </ConnectionProvider>
      )}
    </ExplainProvider>
  );
}

/** Finds out at the start whether the cookie still opens a session. */
function useResume(person: Person): { failure: unknown; again: () => void } {
  const [failure, setFailure] = useState<unknown>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let current = true;
    person.resume().then(
      () => current && setFailure(null),
      (error: unknown) => current && setFailure(error),
    );
    return () => {
      current = false;
    };
  }, [person, tries]);
  return { failure, again: () => setTries((count) => count + 1) };
}

/** What one person has seen, the next one at this desk must not. */
function useForgetting(status: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (status === "out") queries.clear();
  }, [status, queries]);
}

function Inside({ person, children }: { person: Person; children: ReactNode }) {
  const api = useApi();
  const me = useQuery({ queryKey: ["me"], queryFn: (): Promise<Me> => unwrap(api.GET("/v1/me")), staleTime: 60_000 });
  if (me.data) return <AccessContext value={{ me: me.data, person }}>{children}</AccessContext>;
  if (me.error) return <ErrorState {...explainFully(me.error)} action="Try again" onAction={() => void me.refetch()} fill />;
  return <Waiting />;
}

function Waiting() {
  return (
    <div className="boot" role="status" aria-label="Opening">
      <span className="boot-mark">
        <Mark size={56} />
      </span>
    </div>
  );
}
