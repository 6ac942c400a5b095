// Pairing: eight characters from the office, typed on keys large enough for a cold hand.
import { Button, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconBackspace } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useState } from "react";
import { explain } from "@/api";
import type { Device } from "@/api/device";
import { Mark } from "@/ui";
import classes from "./PairScreen.module.css";

/** The letters and digits codes are made of: none that look alike. */
const KEYS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH = 8;

export function PairScreen({ device }: { device: Device }) {
  const [code, setCode] = useState("");
  const pairing = useMutation({ mutationFn: (whole: string) => device.pair(whole, ""), onError: () => setCode("") });
  const put = (next: string) => {
    if (pairing.isPending) return;
    if (pairing.error) pairing.reset();
    setCode(next);
    if (next.length === LENGTH) pairing.mutate(next);
  };
  useCodeInAddress(put);
  useKeys(
    (key) => code.length < LENGTH && put(code + key),
    () => put(code.slice(0, -1)),
  );
  const trouble = pairing.error && explain(pairing.error);
  return (
    <main className={classes.page}>
      <Stack gap="md" className={classes.sheet}>
        <Mark size={52} />
        <Title order={1} size="h2">
          Pair this till
        </Title>
        <Text c="dimmed">In the office, open the event, choose Tills, and make a pairing code. It works once, for ten minutes.</Text>
        <div className={classes.code} role="status" aria-label={code ? `Code so far: ${code.split("").join(" ")}` : "No code yet"}>
          {Array.from({ length: LENGTH }, (_, n) => (
            <span key={n} className={classes.place} data-next={n === code.length}>
              {code[n] ?? ""}
            </span>
          ))}
        </div>
        <Text className={classes.trouble} role="alert" c="var(--mantine-color-error)">
          {pairing.isPending ? "One moment…" : trouble && `${trouble.title}. ${trouble.detail}`}
        </Text>
        <div className={classes.keys}>
          {KEYS.split("").map((key) => (
            <Button key={key} className={classes.key} variant="default" disabled={pairing.isPending} onClick={() => code.length < LENGTH && put(code + key)}>
              {key}
            </Button>
          ))}
          <Button className={classes.key} variant="default" aria-label="Take the last one back" disabled={code === "" || pairing.isPending} onClick={() => put(code.slice(0, -1))}>
            <IconBackspace size={24} />
          </Button>
        </div>
      </Stack>
    </main>
  );
}

/** A link or a square from the office brings the code with it. It works once, so it leaves the address at once. */
function useCodeInAddress(onCode: (code: string) => void): void {
  const arrive = useEffectEvent(() => {
    const code = (new URLSearchParams(location.search).get("code") ?? "").toUpperCase().replace(/[^0-9A-Z]/g, "");
    if (code.length !== LENGTH) return;
    history.replaceState(null, "", location.pathname);
    onCode(code);
  });
  useEffect(() => arrive(), []);
}

/** The same keys on a keyboard. */
function useKeys(onKey: (key: string) => void, onBack: () => void): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toUpperCase();
    if (event.key === "Backspace") onBack();
    else if (key.length === 1 && KEYS.includes(key)) onKey(key);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
