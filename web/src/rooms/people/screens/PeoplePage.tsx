// Who works here: invite, give a role, lock out.
import { Button, Select } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconUserPlus } from "@tabler/icons-react";
import type { PersonRow } from "@/api";
import { Chip, Loaded, PageHead, Panel, Rows, type Column } from "@/ui/desk";
import { useAccess, useMay } from "../access";
import { InviteForm } from "../parts/InviteForm";
import { useChangePerson, usePeople } from "../queries";
import { roleLabel, roles, type RoleName } from "../words";

export function PeoplePage() {
  const people = usePeople();
  const may = useMay();
  const invite = () => {
    const id = modals.open({ title: <b>Invite somebody</b>, centered: true, children: <InviteForm onClose={() => modals.close(id)} /> });
  };
  const columns: Column<PersonRow>[] = [
    { label: "Name", role: "title", cell: (person) => person.name },
    { label: "E-mail", role: "meta", cell: (person) => person.email },
    { label: "State", role: "meta", cell: (person) => <PersonState person={person} /> },
    { label: "Role", role: "meta", cell: (person) => (may("people:write") ? <RoleChoice person={person} /> : roleLabel(person.role)) },
  ];
  if (may("people:write")) columns.push({ label: "Change", role: "action", cell: (person) => <LockOut person={person} /> });
  const table = (rows: PersonRow[] | undefined) => (
    <Rows
      label="People"
      columns={columns}
      rows={rows}
      id={(person) => person.id}
      dim={(person) => person.state === "disabled"}
      expect={3}
      onMore={people.hasNextPage ? () => void people.fetchNextPage() : undefined}
      moreBusy={people.isFetchingNextPage}
    />
  );
  return (
    <>
      <PageHead title="People" about="Everybody who can sign in to this business.">
        {may("people:write") && (
          <Button leftSection={<IconUserPlus size={18} />} onClick={invite}>
            Invite
          </Button>
        )}
      </PageHead>
      <Panel flush>
        <Loaded query={people} ghost={table(undefined)}>
          {(data) => table(data.pages.flatMap((page) => page.items))}
        </Loaded>
      </Panel>
    </>
  );
}

function PersonState({ person }: { person: PersonRow }) {
  if (person.state === "disabled") return <Chip tone="still">Locked out</Chip>;
  return person.password_temporary ? <Chip tone="busy">Invited</Chip> : <Chip tone="good">Active</Chip>;
}

function RoleChoice({ person }: { person: PersonRow }) {
  const { me } = useAccess();
  const change = useChangePerson(person);
  if (person.id === me.id || person.role === "operator") return roleLabel(person.role);
  return (
    <Select
      aria-label={`Role of ${person.name}`}
      data={roles.map(({ value, label }) => ({ value, label }))}
      value={person.role}
      allowDeselect={false}
      disabled={change.busy}
      w={150}
      onChange={(role) => role !== null && role !== person.role && change.run({ role: role as RoleName })}
    />
  );
}

function LockOut({ person }: { person: PersonRow }) {
  const { me } = useAccess();
  const change = useChangePerson(person);
  if (person.id === me.id) return null;
  const active = person.state === "active";
  return (
    <Button variant="subtle" color={active ? "grenadine" : "hop"} loading={change.busy} onClick={() => change.run({ state: active ? "disabled" : "active" })}>
      {active ? "Lock out" : "Let in again"}
    </Button>
  );
}
