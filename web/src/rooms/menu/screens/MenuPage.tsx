// An event's menu: categories with their products, and beside them what products share: choices and taxes.
import { Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconPlus } from "@tabler/icons-react";
import type { Event, Menu, Product } from "@/api";
import { plural } from "@/format";
import { useMay } from "@/rooms/people";
import { EmptyState } from "@/ui";
import { Loaded, PageHead, Panel } from "@/ui/desk";
import { CategoryForm } from "../parts/CategoryForm";
import { CategoryPanel } from "../parts/CategoryPanel";
import { Groups } from "../parts/Groups";
import { StarterChoice } from "../parts/StarterChoice";
import { Taxes } from "../parts/Taxes";
import { useMenu } from "../queries";
import { sentences } from "../words";
import classes from "./MenuPage.module.css";

export function MenuPage({ event }: { event: Event }) {
  const menu = useMenu(event.id);
  const may = useMay();
  const addCategory = () => {
    const id = modals.open({ title: <b>Add a category</b>, centered: true, children: <CategoryForm eventId={event.id} onClose={() => modals.close(id)} /> });
  };
  return (
    <>
      <PageHead title="Menu" about={menu.data ? aboutMenu(menu.data) : "\u00a0"}>
        {may("menu:write") && (
          <Button leftSection={<IconPlus size={18} />} onClick={addCategory}>
            Add a category
          </Button>
        )}
      </PageHead>
      <Loaded query={menu} ghost={<Ghost />}>
        {(data) => (isEmpty(data) ? <EmptyMenu event={event} mayWrite={may("menu:write")} /> : <FullMenu menu={data} />)}
      </Loaded>
    </>
  );
}

function aboutMenu(menu: Menu): string {
  const onSale = menu.products.filter((product) => product.active).length;
  return `${plural(onSale, "product")} on sale · prices ${menu.prices_include_tax ? "include" : "are without"} tax`;
}

function isEmpty(menu: Menu): boolean {
  return menu.products.length === 0 && menu.categories.length === 0;
}

function EmptyMenu({ event, mayWrite }: { event: Event; mayWrite: boolean }) {
  if (!mayWrite) return <EmptyState {...sentences.emptyForReader} />;
  return (
    <>
      <EmptyState {...sentences.emptyMenu} />
      <StarterChoice event={event} />
    </>
  );
}

function FullMenu({ menu }: { menu: Menu }) {
  const byCategory = new Map<string | null, Product[]>();
  const known = new Set(menu.categories.map((category) => category.id));
  for (const product of menu.products) {
    const place = product.category_id !== null && known.has(product.category_id) ? product.category_id : null;
    byCategory.set(place, [...(byCategory.get(place) ?? []), product]);
  }
  const homeless = byCategory.get(null);
  return (
    <div className={classes.columns}>
      <div className={classes.stack}>
        {menu.categories.map((category) => (
          <CategoryPanel key={category.id} menu={menu} category={category} products={byCategory.get(category.id) ?? []} />
        ))}
        {homeless && <CategoryPanel menu={menu} category={null} products={homeless} />}
      </div>
      <div className={classes.stack}>
        <Groups menu={menu} />
        <Taxes menu={menu} />
      </div>
    </div>
  );
}

function Ghost() {
  return (
    <div className={classes.columns} aria-busy="true">
      <div className={classes.stack}>
        {[0, 1].map((n) => (
          <Panel key={n} title={"\u00a0"} flush>
            <div className={classes.ghost} />
          </Panel>
        ))}
      </div>
      <Panel title={"\u00a0"} flush>
        <div className={classes.ghost} />
      </Panel>
    </div>
  );
}
