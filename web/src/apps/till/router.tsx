// The till's addresses: /till sells, /till/recent shows what was sold.
import { Button } from "@mantine/core";
import { createRootRoute, createRoute, createRouter, Link, Outlet, useLocation } from "@tanstack/react-router";
import { createContext, use } from "react";
import type { Device } from "@/api/device";
import { RecentScreen, SellScreen, TillFrame } from "@/rooms/tills";

export const DeviceContext = createContext<Device | null>(null);

function Frame() {
  const device = use(DeviceContext);
  const { pathname } = useLocation();
  const recent = pathname.endsWith("/recent");
  const links = (
    <>
      <Button component={Link} to="/" variant={recent ? "subtle" : "light"} aria-current={recent ? undefined : "page"}>
        Sell
      </Button>
      <Button component={Link} to="/recent" variant={recent ? "light" : "subtle"} aria-current={recent ? "page" : undefined}>
        Recent
      </Button>
    </>
  );
  return (
    <TillFrame links={links} onUnpair={() => device?.forget()}>
      <Outlet />
    </TillFrame>
  );
}

const root = createRootRoute({ component: Frame, notFoundComponent: SellScreen });
const sell = createRoute({ getParentRoute: () => root, path: "/", component: SellScreen });
const recent = createRoute({ getParentRoute: () => root, path: "/recent", component: RecentScreen });

export const router = createRouter({ routeTree: root.addChildren([sell, recent]), basepath: "/till" });
