// What is asked about people, and what is changed.
import { useInfiniteQuery } from "@tanstack/react-query";
import { unwrap, useApi, type InvitedPerson, type PersonRow } from "@/api";
import { useAct } from "@/ui/desk";
import { roleLabel, type RoleName } from "./words";

export const peopleKey = ["people"];

export function usePeople() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: peopleKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/people", { params: { query: pageParam === undefined ? {} : { cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

export interface Invitation {
  name: string;
  email: string;
  role: RoleName;
}

export function useInvite(onDone: (invited: InvitedPerson) => void) {
  const api = useApi();
  return useAct((body: Invitation) => unwrap(api.POST("/v1/people", { body })), { quiet: true, touches: [peopleKey], onDone });
}

interface PersonChange {
  role?: RoleName;
  state?: "active" | "disabled";
}

export function useChangePerson(person: PersonRow) {
  const api = useApi();
  const change = (body: PersonChange) => unwrap(api.PATCH("/v1/people/{person_id}", { params: { path: { person_id: person.id } }, body }));
  return useAct(change, {
    touches: [peopleKey],
    done: (after) => ({
      text: after.role !== person.role ? `${after.name} is now ${roleLabel(after.role).toLowerCase()}.` : `${after.name} is ${after.state === "active" ? "let in again" : "locked out"}.`,
      undo: () => change({ role: person.role as RoleName, state: person.state }),
    }),
  });
}
