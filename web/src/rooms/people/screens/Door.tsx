// The door: sign in, or open an account. Which of the two is in the address, so that it can be linked to.
import { useState, type ReactNode } from "react";
import type { Person } from "@/api/person";
import { Mark, SchemeToggle } from "@/ui";
import { sentences } from "../words";
import classes from "./Door.module.css";
import { SignInForm } from "./SignInForm";
import { SignUpForm } from "./SignUpForm";

const SIGN_UP = "/sign-up";
const SIGN_IN = "/sign-in";

export function Door({ name, person, signUp }: { name: string; person: Person; signUp: boolean }) {
  const [joining, setJoining] = useState(signUp && location.pathname.endsWith(SIGN_UP));
  const base = `/${location.pathname.split("/")[1] ?? ""}`;
  const turn = (to: boolean) => {
    setJoining(to);
    history.replaceState(null, "", base + (to ? SIGN_UP : SIGN_IN));
  };
  const enter = () => {
    if (joining) history.replaceState(null, "", `${base}/start`);
    else if (location.pathname.endsWith(SIGN_IN)) history.replaceState(null, "", base);
  };
  if (joining) {
    return (
      <DoorFrame title="Open your bar" about={sentences.signUp}>
        <SignUpForm person={person} onEnter={enter} />
        <p className={classes.other}>
          Here before?{" "}
          <button type="button" onClick={() => turn(false)}>
            Sign in
          </button>
        </p>
      </DoorFrame>
    );
  }
  return (
    <DoorFrame title={`Barback ${name.toLowerCase()}`} about={sentences.signIn}>
      <SignInForm person={person} onEnter={enter} />
      {signUp && (
        <p className={classes.other}>
          New here?{" "}
          <button type="button" onClick={() => turn(true)}>
            Open an account
          </button>
        </p>
      )}
    </DoorFrame>
  );
}

export function DoorFrame({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <div className={classes.page}>
      <div className={classes.top}>
        <SchemeToggle />
      </div>
      <main className={classes.card}>
        <div className={classes.head}>
          <Mark size={44} />
          <h1 className={classes.title}>{title}</h1>
        </div>
        <p className={classes.about}>{about}</p>
        {children}
      </main>
      <span />
    </div>
  );
}
