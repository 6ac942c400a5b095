// What is said about guests and their tags, in one place.

export const sentences = {
  noGuests: { title: "No guests yet", detail: "Guests can be put here before they come. Whoever orders without being known gets a tab by their tag." },
  noMatch: { title: "Nobody of that name", detail: "Search for a part of the name, the e-mail or the phone number." },
  noTags: "No tag yet. Hold one to a reader or type what is printed on it.",
  moved: (uid: string) => `Whoever wore ${uid} before loses it from now on.`,
  release: (uid: string, name: string) => ({
    title: `Take ${uid} off ${name}?`,
    detail: "Orders made with it from now on go to a tab of their own until it is bound again.",
    deed: "Take it off",
  }),
};
