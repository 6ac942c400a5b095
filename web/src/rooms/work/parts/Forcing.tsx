// Hold a breaker, or one line of it, open or closed whatever happens; or let it go by what it sees.
import { Button, Menu } from "@mantine/core";
import type { Breaker } from "@/api";
import { useForceBreaker } from "../breakers";

export function Forcing({ breaker, variant = "subtle" }: { breaker: Breaker; variant?: "subtle" | "default" }) {
  const force = useForceBreaker(breaker.name, breaker.line);
  return (
    <Menu>
      <Menu.Target>
        <Button variant={variant} loading={force.busy} aria-label={`Force ${breaker.name} ${breaker.line ?? ""}`.trim()}>
          Force
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item mih={44} onClick={() => force.run("open")}>
          Hold it open: nothing is claimed
        </Menu.Item>
        <Menu.Item mih={44} onClick={() => force.run("close")}>
          Hold it closed: claim whatever happens
        </Menu.Item>
        <Menu.Item mih={44} onClick={() => force.run("reset")}>
          Let it decide by itself, from new
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
