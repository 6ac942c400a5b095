// What is said about menus, in one place.

export const sentences = {
  emptyMenu: { title: "Nothing on the menu yet", detail: "Start from a ready list and change what you like, or add products one by one." },
  emptyForReader: { title: "Nothing on the menu yet", detail: "An owner or a manager puts products here." },
  off: "Not on sale",
  untaxed: "No tax",
  homeless: "Without a category",
  noGroups: "Sizes, mixers, milk: what guests choose within a product.",
};

/** What a group of modifiers asks of the guest. */
export function groupRule(min: number, max: number): string {
  if (min === 0) return max === 1 ? "optional, one at most" : `optional, up to ${max}`;
  if (min === max) return min === 1 ? "exactly one" : `exactly ${min}`;
  return `${min} to ${max}`;
}

/** Colours a category can have: the till paints its products with them. */
export const categoryColors = ["#f2a31f", "#e84a3d", "#4eac40", "#3a8bc4", "#8e5fc4", "#d2699a", "#8a6d4b", "#5c5146"];
