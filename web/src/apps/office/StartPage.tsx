// The guided start: from a new account to the first sale, seen live. One thing at a time, everything else has a default.
import { Button, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Event, Station } from "@/api";
import { EventForm, places, usePlanEvent } from "@/rooms/events";
import { StarterChoice } from "@/rooms/menu";
import { PageHead, Panel, usePlaces } from "@/ui/desk";
import { FirstSale } from "./FirstSale";
import { FirstTill } from "./FirstTill";
import { Steps } from "./Steps";

export function StartPage() {
  const { go } = usePlaces();
  const [event, setEvent] = useState<Event | null>(null);
  const [step, setStep] = useState(0);
  const [station, setStation] = useState<Station | null>(null);
  return (
    <>
      <PageHead title="Your first event" about="Four short steps to the first sale.">
        <Button variant="subtle" onClick={() => go(event ? places.overview(event.id) : places.events)}>
          {event ? "I know my way" : "Not now"}
        </Button>
      </PageHead>
      <Steps names={["Event", "Menu", "Till", "First sale"]} at={step} />
      {step === 0 && (
        <PlanFirst
          onDone={(planned) => {
            setEvent(planned);
            setStep(1);
          }}
        />
      )}
      {step === 1 && event && (
        <Step about="Take a list and change it later, or skip this and write your own.">
          <StarterChoice event={event} onDone={() => setStep(2)} />
          <Button variant="subtle" fullWidth mt="xs" onClick={() => setStep(2)}>
            Skip
          </Button>
        </Step>
      )}
      {step === 2 && event && (
        <FirstTill
          event={event}
          onPaired={(at) => {
            setStation(at);
            setStep(3);
          }}
        />
      )}
      {step === 3 && event && station && <FirstSale event={event} onOverview={() => go(places.overview(event.id))} />}
    </>
  );
}

function PlanFirst({ onDone }: { onDone: (event: Event) => void }) {
  const plan = usePlanEvent(true, onDone);
  return (
    <Step about="These defaults work for tonight. The event is opened at once, so that you can sell.">
      <EventForm deed="Next: the menu" busy={plan.busy} failure={plan.failure} onPlan={(values) => plan.run(values)} />
    </Step>
  );
}

export function Step({ about, children }: { about: string; children: ReactNode }) {
  return (
    <div style={{ maxWidth: 860 }}>
      <Panel>
        <Text c="dimmed" my="sm">
          {about}
        </Text>
        {children}
      </Panel>
    </div>
  );
}
