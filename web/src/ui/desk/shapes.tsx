// The pieces of a working page: its head, panels, a row of figures, a chip for a state.
import { IconChevronLeft } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";
import classes from "./desk.module.css";
import { Go } from "./nav";

interface PageHeadProps {
  title: string;
  about?: ReactNode;
  /** Where one came from. */
  back?: { to: string; label: string };
  children?: ReactNode;
}

/** The head of a page; also the window's title. Buttons go in as children. */
export function PageHead({ title, about, back, children }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Barback`;
  }, [title]);
  return (
    <>
      {back && (
        <Go to={back.to} className={classes.back}>
          <IconChevronLeft size={18} aria-hidden /> {back.label}
        </Go>
      )}
      <div className={classes.head}>
        <div className={classes.headText}>
          <h1 className={classes.title}>{title}</h1>
          {about !== undefined && <p className={classes.about}>{about}</p>}
        </div>
        {children !== undefined && <div className={classes.actions}>{children}</div>}
      </div>
    </>
  );
}

interface PanelProps {
  title?: string;
  /** What it is, for those who do not see it, when there is no title. */
  label?: string;
  aside?: ReactNode;
  /** Lets the content touch the edges: for tables. */
  flush?: boolean;
  children: ReactNode;
  className?: string | undefined;
}

export function Panel({ title, label, aside, flush = false, children, className }: PanelProps) {
  return (
    <section className={[classes.panel, className].filter(Boolean).join(" ")} aria-label={title ?? label}>
      {title !== undefined && (
        <div className={classes.panelHead}>
          <h2 className={classes.panelTitle}>{title}</h2>
          {aside}
        </div>
      )}
      <div className={classes.panelBody} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  );
}

export interface FigureProps {
  label: string;
  value: ReactNode;
  tone?: "warn" | undefined;
  testId?: string;
}

/** Numbers side by side. The key makes a changed value known to screen readers only when they ask. */
export function Figures({ figures }: { figures: FigureProps[] }) {
  return (
    <div className={classes.figures}>
      {figures.map((figure) => (
        <div key={figure.label} className={classes.figure} data-tone={figure.tone} data-testid={figure.testId}>
          <span className={classes.figureLabel}>{figure.label}</span>
          <span className={classes.figureValue}>{figure.value}</span>
        </div>
      ))}
    </div>
  );
}

export type Tone = "good" | "busy" | "bad" | "note" | "still";

export function Chip({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={classes.chip} data-tone={tone}>
      {children}
    </span>
  );
}

/** Text as machines write it: receipts, ids, payloads in a line. */
export function Code({ children }: { children: ReactNode }) {
  return <span className={classes.code}>{children}</span>;
}
