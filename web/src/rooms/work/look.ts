// The search of messages as one line of text: `queue:mail key:"tab 7" state:dead order 12`.

const names = ["queue", "key", "tenant", "task", "state"] as const;
type Name = (typeof names)[number];
export type Look = Partial<Record<Name | "text", string>>;

export const states = ["ready", "waiting", "scheduled", "retrying", "leased", "dead"] as const;
export type MessageState = (typeof states)[number];

/** Reads the line; what names nothing is a piece of the payload. */
export function readLook(line: string): Look {
  const look: Look = {};
  const rest = line.replace(/(\w+):("[^"]*"|\S+)/g, (whole: string, name: string, value: string) => {
    if (!(names as readonly string[]).includes(name)) return whole;
    look[name as Name] = value.replace(/^"|"$/g, "");
    return "";
  });
  const text = rest.replace(/\s+/g, " ").trim();
  return text === "" ? look : { ...look, text };
}

/** Writes it again, the named parts first. */
export function writeLook(look: Look): string {
  const named = names.flatMap((name) => {
    const value = look[name] ?? "";
    if (value === "") return [];
    return [`${name}:${/\s/.test(value) ? `"${value}"` : value}`];
  });
  return [...named, look.text ?? ""].join(" ").trim();
}

/** Whether the whole line is the id of a message. */
export function isId(line: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f-]{20,}(\.\d+)?$/.test(line.trim());
}
