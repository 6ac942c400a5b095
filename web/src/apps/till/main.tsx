// Starts the till.
import "@mantine/core/styles.layer.css";
import "@/ui/fonts.css";
import "@/ui/base.css";
import { createQueries } from "@/api";
import { Device } from "@/api/device";
import { mount } from "@/ui";
import { TillApp } from "./TillApp";

mount(<TillApp device={new Device()} />, createQueries());
