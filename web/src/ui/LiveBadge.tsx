// Says whether what one sees is live: a steady green lamp, or words about why not.
import classes from "./LiveBadge.module.css";

export type Liveness = "connecting" | "live" | "reconnecting" | "offline" | "refused";

const words: Record<Liveness, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
  refused: "Signed out",
};

export function LiveBadge({ state }: { state: Liveness }) {
  return (
    <span className={classes.badge} data-state={state} role="status" aria-label={`Connection: ${words[state]}`}>
      <span className={classes.lamp} aria-hidden />
      {words[state]}
    </span>
  );
}
