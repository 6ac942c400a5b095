// Starts the office.
import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "@/ui/fonts.css";
import "@/ui/base.css";
import { createQueries } from "@/api";
import { Person } from "@/api/person";
import { Desk } from "@/rooms/people";
import { mount } from "@/ui";
import { OfficeRoutes } from "./routes";

mount(
  <Desk name="Office" person={new Person()} signUp>
    <OfficeRoutes />
  </Desk>,
  createQueries(),
);
