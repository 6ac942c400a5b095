// What can go wrong between a page and the server, as two kinds of error: the server said no, or nobody answered.

/** One field the server could not take, with the way out. */
export interface FieldProblem {
  field: string;
  value?: unknown;
  reason: string;
  cure?: string | null;
}

/** RFC 9457 as the server writes it. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail?: string | null;
  code: string;
  errors?: FieldProblem[] | null;
  instance?: string | null;
}

/** The server answered with a refusal. `message` is a sentence fit for a person. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly errors: FieldProblem[];
  readonly instance: string | null;

  constructor(body: ProblemBody) {
    super(body.detail ?? body.title);
    this.code = body.code;
    this.status = body.status;
    this.title = body.title;
    this.errors = body.errors ?? [];
    this.instance = body.instance ?? null;
  }

  /** The reason given for one field, to be shown beside it. */
  field(name: string): string | undefined {
    const found = this.errors.find((error) => error.field === name);
    return found && [found.reason, found.cure].filter(Boolean).join(" ");
  }
}

/** No answer arrived: no network, a dead server, a proxy's own error page. The request may or may not have been done. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(cause?: unknown) {
    super("The server cannot be reached.", { cause });
  }
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "code" in body && "title" in body;
}

/** Turns a failed answer into the error to throw. A body that is no problem document came from something between us and the server. */
export function problemOf(status: number, body: unknown): Problem | Unreachable {
  if (isProblem(body)) return new Problem({ ...body, status });
  if (status >= 500) return new Unreachable(`status ${status}`);
  return new Problem({ type: "about:blank", title: `The server answered ${status}.`, status, code: `http_${status}` });
}

/** A title and a sentence for any error, for pages that show one. */
export function explain(error: unknown): { title: string; detail: string } {
  if (error instanceof Problem) {
    const fields = error.errors.map((field) => [field.reason, field.cure].filter(Boolean).join(" "));
    return { title: error.title, detail: fields.length > 0 ? fields.join(" ") : error.message };
  }
  if (error instanceof Unreachable) {
    return { title: "No answer from the server", detail: "Check the network of this device; the page tries again by itself." };
  }
  return { title: "Something went wrong on this page", detail: error instanceof Error ? error.message : String(error) };
}
