// Going from page to page without loading the app again; every link is a real one, to be copied or opened in a new tab.
import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
import classes from "./desk.module.css";

/** Turns a place inside the app ("/events/1") into its address ("/office/events/1"), and goes there. */
export function usePlaces(): { href: (place: string) => string; go: (place: string) => void } {
  // Rooms do not know the app they are shown in, so the router's own types say nothing here.
  const { basepath, history } = useRouter() as { basepath: string; history: { push: (path: string) => void } };
  const href = (place: string) => basepath.replace(/\/$/, "") + place;
  return { href, go: (place) => history.push(href(place)) };
}

interface GoProps {
  to: string;
  children: ReactNode;
  className?: string | undefined;
  /** One of the rows that "j" and "k" walk through. */
  row?: boolean;
  "aria-label"?: string;
}

export function Go({ to, children, className, row = false, ...rest }: GoProps) {
  const { href, go } = usePlaces();
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={href(to)} className={className ?? classes.inline} onClick={follow} data-row={row || undefined} {...rest}>
      {children}
    </a>
  );
}
