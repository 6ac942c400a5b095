// Everything one can go to or do, found by typing a few letters of it.
import { Modal, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { found, type Command } from "./commands";
import classes from "./Palette.module.css";

const SHOWN_MAX = 12;

interface PaletteProps {
  opened: boolean;
  onClose: () => void;
  commands: Command[];
  /** What can be done with the typed text itself. */
  typed?: (text: string) => Command[];
}

export function Palette({ opened, onClose, ...rest }: PaletteProps) {
  return (
    <Modal opened={opened} onClose={onClose} withCloseButton={false} padding={0} radius="lg" size="lg" yOffset="10dvh" attributes={{ content: { "aria-label": "Go to or do" } }} transitionProps={{ duration: 80 }}>
      <Choice onClose={onClose} {...rest} />
    </Modal>
  );
}

function Choice({ onClose, commands, typed }: Omit<PaletteProps, "opened">) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const shown = [...found(commands, text).slice(0, SHOWN_MAX), ...(text.trim() === "" ? [] : (typed?.(text.trim()) ?? []))];
  const chosen = Math.min(at, shown.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      setAt((chosen + by + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(shown[chosen]);
    }
  };
  return (
    <div>
      <TextInput
        data-autofocus
        variant="unstyled"
        className={classes.input}
        aria-label="Go to or do"
        placeholder="A page, a queue, something to do …"
        leftSection={<IconSearch size={20} aria-hidden />}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={shown.length > 0 ? `${list}-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div id={list} role="listbox" aria-label="What fits" className={classes.list}>
        {shown.map((command, index) => (
          <Option key={command.id} id={`${list}-${index}`} command={command} chosen={index === chosen} onPoint={() => setAt(index)} onRun={() => run(command)} />
        ))}
        {shown.length === 0 && <p className={classes.none}>Nothing is called that.</p>}
      </div>
      <div className={classes.hints} aria-hidden>
        <Hint keys="↑ ↓">choose</Hint> <Hint keys="Enter">go</Hint> <Hint keys="/">search a page</Hint> <Hint keys="j k">walk through rows</Hint>
      </div>
    </div>
  );
}

function Option({ id, command, chosen, onPoint, onRun }: { id: string; command: Command; chosen: boolean; onPoint: () => void; onRun: () => void }) {
  return (
    // The input keeps the focus and takes the keys; this is for the pointer.
    <div id={id} role="option" aria-selected={chosen} className={classes.option} onPointerMove={onPoint} onClick={onRun}>
      <span className={classes.icon} aria-hidden>
        {command.icon}
      </span>
      <span className={classes.label}>{command.label}</span>
      <span className={classes.group}>{command.group}</span>
    </div>
  );
}

function Hint({ keys, children }: { keys: string; children: ReactNode }) {
  return (
    <span>
      <kbd className={classes.key}>{keys}</kbd> {children}
    </span>
  );
}
