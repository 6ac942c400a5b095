// What is said about people and signing in, in one place.

/** What each role is for, in the order of what it may do. */
export const roles = [
  { value: "owner", label: "Owner", about: "Everything, people included" },
  { value: "manager", label: "Manager", about: "Events, menu, tills; not people" },
  { value: "staff", label: "Staff", about: "Tabs, orders and guests" },
  { value: "viewer", label: "Viewer", about: "Looks, changes nothing" },
] as const;

export type RoleName = (typeof roles)[number]["value"];

const consoleRoles: Record<string, string> = { operator: "Operator", watcher: "Watcher" };

export function roleLabel(role: string): string {
  return roles.find((one) => one.value === role)?.label ?? consoleRoles[role] ?? role;
}

export const sentences = {
  signIn: "Sign in to see the night as it happens.",
  signUp: "Two minutes from here to a menu, a till and the first sale.",
  operatorOnly: {
    title: "The console is for operators",
    detail: "Your account may not see the work engine. Whoever runs this server adds an operator with: barback user create --role operator",
  },
  noPeople: { title: "Only you so far", detail: "Invite whoever runs the bar with you; each gets a role." },
  ownPassword: "You signed in with a password somebody else knows. Choose your own before you go on.",
};
