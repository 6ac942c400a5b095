// The search of messages: a line that completes itself, the state, and from when to when.
import { ActionIcon, Autocomplete, Button, Group, Popover, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconCalendarClock, IconSearch, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { ownZone } from "@/format";
import { completions, filterOf, localOf, withFilter, zoned } from "../look";
import { useSearchWords } from "../messages";
import { messageState } from "../words";
import classes from "./work.module.css";

interface MessageSearchProps {
  q: string;
  /** What is wrong with the search, in a sentence. */
  wrong: string | null;
  onSearch: (q: string) => void;
}

export function MessageSearch({ q, wrong, onSearch }: MessageSearchProps) {
  const words = useSearchWords();
  return (
    <div className={classes.filters}>
      <Line key={q} q={q} wrong={wrong} onSearch={onSearch} />
      <Select
        aria-label="State"
        allowDeselect={false}
        data={[{ value: "", label: "Any state" }, ...words.states.map((state) => ({ value: state, label: messageState(state).label }))]}
        value={filterOf(q, "state")}
        onChange={(state) => onSearch(withFilter(q, "state", state ?? ""))}
      />
      <When q={q} onSearch={onSearch} />
    </div>
  );
}

function Line({ q, wrong, onSearch }: MessageSearchProps) {
  const words = useSearchWords();
  const [text, setText] = useState(q);
  const [opened, setOpened] = useState(false);
  const search = useDebouncedCallback(onSearch, 500);
  const change = (next: string) => {
    setText(next);
    // A filter that has no value yet is not searched for.
    if (!/(^|\s)[\w.]+[:.]$/.test(next)) search(zoned(next.trim()));
  };
  return (
    <Autocomplete
      type="search"
      aria-label="Search messages"
      placeholder="Search messages"
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      value={text}
      error={wrong}
      errorProps={{ role: "alert" }}
      data={completions(text, words)}
      filter={({ options }) => options}
      renderOption={({ option }) => option.value.split(/\s(?=\S+$)/).at(-1)}
      dropdownOpened={opened}
      onDropdownOpen={() => setOpened(true)}
      onDropdownClose={() => setOpened(false)}
      maxDropdownHeight={300}
      leftSection={<IconSearch size={18} aria-hidden />}
      rightSection={
        text !== "" && (
          <ActionIcon aria-label="Clear the search" onClick={() => change("")}>
            <IconX size={18} />
          </ActionIcon>
        )
      }
      rightSectionWidth={46}
      onChange={change}
      onOptionSubmit={(line) => {
        // Its name is chosen, its value comes next.
        if (line.endsWith(":")) setTimeout(() => setOpened(true));
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.defaultPrevented) onSearch(zoned(text.trim()));
      }}
    />
  );
}

const quick = [
  { label: "15 minutes", span: "-15m.." },
  { label: "Hour", span: "-1h.." },
  { label: "Day", span: "-1d.." },
  { label: "Week", span: "-7d.." },
];

function When({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const [opened, setOpened] = useState(false);
  const span = filterOf(q, "enqueued") || filterOf(q, "due");
  return (
    <Popover opened={opened} onChange={setOpened} withinPortal trapFocus shadow="md" position="bottom-end">
      <Popover.Target>
        <Button variant={span === "" ? "default" : "light"} leftSection={<IconCalendarClock size={18} />} aria-expanded={opened} onClick={() => setOpened(!opened)}>
          When
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        {opened && (
          <Span
            q={q}
            onSearch={(next) => {
              setOpened(false);
              onSearch(next);
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function Span({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const [name, setName] = useState(filterOf(q, "due") === "" ? "enqueued" : "due");
  const [from, to] = filterOf(q, name).split("..");
  const [start, setStart] = useState(localOf(from ?? ""));
  const [end, setEnd] = useState(localOf(to ?? ""));
  const rest = withFilter(withFilter(q, "enqueued", ""), "due", "");
  const set = (span: string) => onSearch(zoned(withFilter(rest, name, span)));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        set(start === "" && end === "" ? "" : `${start}..${end}`);
      }}
    >
      <Stack gap="sm">
        <Select
          label="Which time"
          comboboxProps={{ withinPortal: false }}
          allowDeselect={false}
          data={[
            { value: "enqueued", label: "Enqueued" },
            { value: "due", label: "Due" },
          ]}
          value={name}
          onChange={(next) => setName(next ?? "enqueued")}
        />
        {name === "enqueued" && (
          <Group gap={6}>
            {quick.map(({ label, span }) => (
              <Button key={span} variant="default" size="compact-md" mih={44} onClick={() => set(span)}>
                {label}
              </Button>
            ))}
          </Group>
        )}
        <TextInput type="datetime-local" label="From" value={start} onChange={(event) => setStart(event.currentTarget.value)} />
        <TextInput type="datetime-local" label="To" value={end} onChange={(event) => setEnd(event.currentTarget.value)} />
        <Text size="sm" c="dimmed">
          Times in {ownZone()}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => set("")}>
            Any time
          </Button>
          <Button type="submit">Search</Button>
        </Group>
      </Stack>
    </form>
  );
}
