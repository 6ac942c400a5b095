// A category with its products: what each costs, and whether it is on sale.
import { Button, Switch } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconPlus } from "@tabler/icons-react";
import type { CSSProperties } from "react";
import type { Category, Menu, Product } from "@/api";
import { useMay } from "@/rooms/people";
import { Money } from "@/ui";
import { Panel } from "@/ui/desk";
import { useChangeProduct } from "../queries";
import classes from "../screens/MenuPage.module.css";
import { sentences } from "../words";
import { CategoryForm } from "./CategoryForm";
import { ProductForm } from "./ProductForm";

/** `category` is null for products that have none. */
export function CategoryPanel({ menu, category, products }: { menu: Menu; category: Category | null; products: Product[] }) {
  const mayWrite = useMay()("menu:write");
  const edit = () => {
    const id = modals.open({ title: <b>Change the category</b>, centered: true, children: <CategoryForm eventId={menu.event_id} category={category} onClose={() => modals.close(id)} /> });
  };
  const add = () => openProduct(menu, null, category?.id ?? null);
  return (
    <Panel title={category?.name ?? "Without a category"} flush aside={<CategoryAside category={category} onEdit={mayWrite ? edit : undefined} />}>
      <ul className={classes.list}>
        {products.map((product) => (
          <ProductLine key={product.id} menu={menu} product={product} mayWrite={mayWrite} />
        ))}
      </ul>
      {mayWrite && (
        <div className={classes.foot}>
          <Button variant="subtle" leftSection={<IconPlus size={17} />} onClick={add} aria-label={`Add a product to ${category?.name ?? "the menu"}`}>
            Add a product
          </Button>
        </div>
      )}
    </Panel>
  );
}

function CategoryAside({ category, onEdit }: { category: Category | null; onEdit: (() => void) | undefined }) {
  if (!category) return null;
  const style = category.color === "" ? {} : ({ "--swatch": category.color } as CSSProperties);
  return (
    <span className={classes.category}>
      {onEdit && (
        <Button variant="subtle" onClick={onEdit} aria-label={`Change ${category.name}`}>
          Change
        </Button>
      )}
      <span className={classes.swatch} style={style} aria-hidden />
    </span>
  );
}

function openProduct(menu: Menu, product: Product | null, categoryId: string | null): void {
  const id = modals.open({
    title: <b>{product ? `Change ${product.name}` : "Add a product"}</b>,
    centered: true,
    children: <ProductForm menu={menu} product={product} categoryId={categoryId} onClose={() => modals.close(id)} />,
  });
}

function ProductLine({ menu, product, mayWrite }: { menu: Menu; product: Product; mayWrite: boolean }) {
  const about = aboutProduct(menu, product);
  return (
    <li className={classes.product} data-off={!product.active || undefined}>
      <div className={classes.text}>
        {mayWrite ? (
          <button type="button" className={classes.name} onClick={() => openProduct(menu, product, product.category_id)}>
            {product.name}
          </button>
        ) : (
          <span className={classes.name}>{product.name}</span>
        )}
        {about !== "" && <span className={classes.about}>{about}</span>}
      </div>
      <span className={classes.price}>
        <Money minor={product.price_minor} currency={menu.currency} />
      </span>
      {mayWrite && <OnSale menu={menu} product={product} />}
    </li>
  );
}

function OnSale({ menu, product }: { menu: Menu; product: Product }) {
  const change = useChangeProduct(menu.event_id, product, menu.currency);
  return (
    <span className={classes.above}>
      <Switch aria-label={`${product.name} is on sale`} size="md" checked={product.active} disabled={change.busy} onChange={(event) => change.run({ active: event.currentTarget.checked })} />
    </span>
  );
}

function aboutProduct(menu: Menu, product: Product): string {
  const groups = menu.modifier_groups.filter((group) => product.modifier_group_ids.includes(group.id)).map((group) => group.name);
  const tax = menu.tax_classes.find((one) => one.id === product.tax_class_id)?.name ?? (menu.tax_classes.length > 0 ? sentences.untaxed : null);
  return [product.active ? null : sentences.off, ...groups, tax].filter((one) => one !== null).join(" · ");
}
