// Starts the guest's page: the secret is the last part of the address, /t/<link>.
import "@/ui/lean.css";
import "@/ui/fonts.css";
import "@/ui/base.css";
import { createQueries } from "@/api";
import { GuestLink } from "@/api/guest";
import { mount } from "@/ui";
import { GuestApp } from "./GuestApp";

const secret = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");

mount(<GuestApp link={new GuestLink(secret)} />, createQueries());
