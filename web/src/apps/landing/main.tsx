// Starts the landing page.
import "@/ui/lean.css";
import "@/ui/fonts.css";
import "@/ui/base.css";
import { createQueries } from "@/api";
import { mount } from "@/ui";
import { Landing } from "./Landing";

mount(<Landing />, createQueries());
