// The laws of the front end as ESLint rules: which floor may import which, and who may look inside a room.
import path from "node:path";

const below = {
  apps: ["rooms", "ui", "api", "format"],
  rooms: ["ui", "api", "format"],
  ui: ["format"],
  api: ["format"],
  format: [],
};

/** Splits a path under src into its floor, its room (or app) and the rest, or null when it is not ours. */
function place(file, src) {
  const parts = path.relative(src, file).split(path.sep);
  if (parts[0] === ".." || !(parts[0] in below)) return null;
  return { floor: parts[0], name: parts[1] ?? "", rest: parts.slice(2) };
}

function target(source, filename, src) {
  if (source.startsWith("@/")) return path.join(src, source.slice(2));
  if (source.startsWith(".")) return path.resolve(path.dirname(filename), source);
  return null;
}

const isDoor = (to) => to.rest.length === 0 || to.rest[0].startsWith("index");
const isGuestDoor = (to) => to.floor === "rooms" && to.rest[0] === "guest";

/** Returns the sentence that says what is wrong and what to do instead, or null when the import is lawful. */
export function verdict(from, to) {
  if (from.floor === "apps" && to.floor === "apps")
    return from.name === to.name ? null : `app ${from.name} may not import app ${to.name}: move what they share to a room or to ui/.`;
  const inGuest = (from.floor === "apps" && from.name === "guest") || (from.floor === "rooms" && from.rest[0] === "guest");
  if (inGuest && to.floor === "rooms" && !isGuestDoor(to))
    return `guest code may only import rooms/<room>/guest: what the office can ask, a guest's phone must not carry.`;
  if (from.floor === to.floor) {
    if (from.floor !== "rooms" || from.name === to.name || isDoor(to)) return null;
    return `room ${from.name} looks inside room ${to.name}: import rooms/${to.name} (its index) instead.`;
  }
  if (below[from.floor].includes(to.floor)) return null;
  return `${from.floor}/ may not import ${to.floor}/: allowed are ${below[from.floor].map((floor) => `${floor}/`).join(", ") || "none"}.`;
}

const imports = {
  meta: { type: "problem", schema: [], messages: { law: "{{sentence}}" } },
  create(context) {
    const src = path.join(context.cwd, "src");
    const from = place(context.filename, src);
    if (!from) return {};
    const check = (node) => {
      if (!node.source || typeof node.source.value !== "string") return;
      const file = target(node.source.value, context.filename, src);
      const to = file && place(file, src);
      const sentence = to && verdict(from, to);
      if (sentence) context.report({ node, messageId: "law", data: { sentence } });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

export default { meta: { name: "laws" }, rules: { imports } };
