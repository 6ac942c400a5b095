// Starts the console.
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@/ui/fonts.css";
import "@/ui/base.css";
import { createQueries } from "@/api";
import { Person } from "@/api/person";
import { Desk } from "@/rooms/people";
import { mount } from "@/ui";
import { ConsoleRoutes } from "./routes";

mount(
  <Desk name="Console" person={new Person()} signUp={false}>
    <ConsoleRoutes />
  </Desk>,
  createQueries(),
);
