// One flight at a time: callers that arrive while the work is under way get its result instead of starting it again.

export function single<T>(work: () => Promise<T>): () => Promise<T> {
  let flight: Promise<T> | null = null;
  return () => {
    flight ??= work().finally(() => {
      flight = null;
    });
    return flight;
  };
}
