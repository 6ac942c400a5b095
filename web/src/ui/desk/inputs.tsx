// Inputs of the desk: an amount of money in minor units, a search that waits for the typist, a link to hand over.
import { ActionIcon, CopyButton, Group, TextInput, Tooltip, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconCheck, IconCopy, IconSearch, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { decimalOf, parseMoney } from "@/format";

interface MoneyInputProps extends Omit<TextInputProps, "value" | "onChange" | "defaultValue"> {
  currency: string;
  value: number | null;
  /** Null while what was typed is no amount. */
  onChange: (minor: number | null) => void;
}

/** Takes "4.5", "4,50" and "4"; gives whole minor units of the currency. */
export function MoneyInput({ currency, value, onChange, error, ...rest }: MoneyInputProps) {
  const [text, setText] = useState(() => (value === null ? "" : decimalOf(value, currency)));
  const [wrong, setWrong] = useState(false);
  const read = parseMoney(text, currency);
  // What was put in from outside (an undo, a template) replaces what stands there.
  if (value !== null && value !== read) setText(decimalOf(value, currency));
  const leave = () => {
    setWrong(text !== "" && read === null);
    if (read !== null) setText(decimalOf(read, currency));
  };
  return (
    <TextInput
      inputMode="decimal"
      autoComplete="off"
      rightSection={<span style={{ fontSize: 13, color: "var(--mantine-color-dimmed)" }}>{currency}</span>}
      rightSectionWidth={52}
      {...rest}
      value={text}
      error={error ?? (wrong ? `Write it like ${decimalOf(450, currency)}` : undefined)}
      onBlur={leave}
      onChange={(event) => {
        setText(event.currentTarget.value);
        setWrong(false);
        onChange(parseMoney(event.currentTarget.value, currency));
      }}
    />
  );
}

export function SearchInput({ value, onSearch, label, placeholder }: { value: string; onSearch: (text: string) => void; label: string; placeholder?: string }) {
  const [text, setText] = useState(value);
  const search = useDebouncedCallback(onSearch, 250);
  const change = (next: string) => {
    setText(next);
    search(next.trim());
  };
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder ?? label}
      value={text}
      leftSection={<IconSearch size={18} aria-hidden />}
      rightSection={
        text !== "" && (
          <ActionIcon aria-label="Clear the search" onClick={() => change("")}>
            <IconX size={18} />
          </ActionIcon>
        )
      }
      rightSectionWidth={46}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

/** Text to be handed over: selectable, and on the clipboard with one press. */
export function CopyField({ value, label }: { value: string; label: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <TextInput aria-label={label} value={value} readOnly flex={1} onFocus={(event) => event.currentTarget.select()} />
      <CopyButton value={value} timeout={2_000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : "Copy"}>
            <ActionIcon aria-label={copied ? "Copied" : `Copy: ${label}`} color={copied ? "hop" : "gray"} onClick={copy}>
              {copied ? <IconCheck size={20} /> : <IconCopy size={20} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
