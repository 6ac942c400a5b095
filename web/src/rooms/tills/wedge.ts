// A tag reader that pretends to be a keyboard: it "types" the tag's number much faster than anyone could, then Enter.

/** Keys closer together than this were not struck by fingers. */
const BURST_GAP_MS = 45;
/** A number shorter than this is a slip of the hand. */
const LENGTH_MIN = 4;

export type Heard = { kind: "nothing" } | { kind: "burst" } | { kind: "tag"; uid: string };

/** Listens to key strokes one by one and tells when they were a reader's. */
export class Wedge {
  #typed = "";
  #last = Number.NEGATIVE_INFINITY;

  /** How many keys of what may be a number have been heard. */
  get length(): number {
    return this.#typed.length;
  }

  /** `at`: when the key went down, in ms. "burst": probably a reader in the middle of a number. */
  hear(key: string, at: number): Heard {
    const quick = at - this.#last <= BURST_GAP_MS;
    this.#last = at;
    if (key === "Enter") {
      const uid = this.#typed;
      this.#typed = "";
      return quick && uid.length >= LENGTH_MIN ? { kind: "tag", uid: tidyTag(uid) } : { kind: "nothing" };
    }
    if (!/^[0-9A-Za-z:-]$/.test(key)) {
      // Shift comes with capital letters; anything else is no part of a number.
      if (key !== "Shift") this.#typed = "";
      return { kind: "nothing" };
    }
    this.#typed = quick ? this.#typed + key : key;
    return this.#typed.length >= LENGTH_MIN ? { kind: "burst" } : { kind: "nothing" };
  }
}

/** One spelling for every tag, as the server keeps it: capitals, without colons and blanks. */
export function tidyTag(text: string): string {
  return text.replace(/[\s:-]/g, "").toUpperCase();
}
