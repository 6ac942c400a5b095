// At the foot of a long tab, where the thumb is: the total stays in sight when the large one has scrolled away.
import { IconArrowUp } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { Tab } from "@/api";
import { Money, type Liveness } from "@/ui";
import classes from "./ThumbBar.module.css";

export function ThumbBar({ tab, live }: { tab: Tab; live: Liveness }) {
  const away = useAway("tab-total");
  return (
    <div className={classes.bar}>
      <button type="button" className={classes.total} data-shown={away} tabIndex={away ? 0 : -1} aria-hidden={!away} onClick={() => window.scrollTo({ top: 0, behavior: "smooth" })}>
        <IconArrowUp size={18} aria-hidden />
        <span>Total</span>
        <Money fw={750} fz={20} minor={tab.total_minor} currency={tab.currency} />
        <span className={classes.lamp} data-live={live === "live"} aria-hidden />
      </button>
    </div>
  );
}

/** Whether the element with this id is out of sight. */
function useAway(id: string): boolean {
  const [away, setAway] = useState(false);
  useEffect(() => {
    const element = document.getElementById(id);
    if (!element) return;
    const observer = new IntersectionObserver(([entry]) => setAway(entry ? !entry.isIntersecting : false));
    observer.observe(element);
    return () => observer.disconnect();
  }, [id]);
  return away;
}
