// The last net: an error nobody caught shows a page with a way on, never a blank screen.
import { Component, type ReactNode } from "react";
import { ErrorState } from "./states";

interface NetState {
  error: Error | null;
}

export class ErrorNet extends Component<{ children: ReactNode }, NetState> {
  override state: NetState = { error: null };

  static getDerivedStateFromError(error: Error): NetState {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <ErrorState title="This page stumbled" detail={error.message} action="Load it again" onAction={() => location.reload()} fill />;
  }
}
