// A ranking: what sold best, which station sold what; each with its share as a bar.
import { Money } from "@/ui";
import classes from "./Shares.module.css";

export interface Share {
  key: string;
  name: string;
  about: string;
  minor: number;
}

export function Shares({ shares, currency, nothing }: { shares: Share[]; currency: string; nothing: string }) {
  if (shares.length === 0) return <p className={classes.nothing}>{nothing}</p>;
  const most = Math.max(1, ...shares.map((share) => share.minor));
  return (
    <ol className={classes.list}>
      {shares.map((share) => (
        <li key={share.key}>
          <div className={classes.words}>
            <span className={classes.name}>{share.name}</span>
            <Money minor={share.minor} currency={currency} />
          </div>
          <div className={classes.track}>
            <div className={classes.bar} style={{ width: `${(Math.max(0, share.minor) / most) * 100}%` }} />
          </div>
          <span className={classes.about}>{share.about}</span>
        </li>
      ))}
    </ol>
  );
}
