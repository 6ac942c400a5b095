// What one can sell, by category: large tiles in the category's colour.
import { Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconSearch, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState, type CSSProperties } from "react";
import type { Category, Menu, Product } from "@/api";
import { formatMoney } from "@/format";
import { EmptyState } from "@/ui";
import classes from "./ProductGrid.module.css";

interface ProductGridProps {
  menu: Menu;
  /** How many of each product are in the basket. */
  counts: ReadonlyMap<string, number>;
  onPick: (product: Product) => void;
  onOptions: (product: Product) => void;
}

export function ProductGrid({ menu, counts, onPick, onOptions }: ProductGridProps) {
  const [categoryId, setCategoryId] = useState<string | null>(null);
  const [wanted, setWanted] = useState("");
  const search = useSearchKey();
  const colors = new Map(menu.categories.map((category) => [category.id, category.color || null]));
  const shown = select(menu, categoryId, wanted);
  const pickFirst = () => {
    const first = shown.find((product) => product.active);
    if (!first) return;
    setWanted("");
    onPick(first);
  };
  return (
    <section className={classes.frame} aria-label="Menu">
      <div className={classes.bar}>
        <nav className={classes.categories} aria-label="Categories">
          <Chip name="All" color={null} active={categoryId === null} onClick={() => setCategoryId(null)} />
          {menu.categories.map((category) => (
            <Chip key={category.id} name={category.name} color={category.color} active={categoryId === category.id} onClick={() => setCategoryId(category.id)} />
          ))}
        </nav>
        <TextInput
          ref={search}
          className={classes.search}
          aria-label="Search the menu"
          placeholder="Search  /"
          leftSection={<IconSearch size={18} />}
          rightSection={
            wanted && (
              <UnstyledButton className={classes.clear} aria-label="Clear the search" onClick={() => setWanted("")}>
                <IconX size={18} />
              </UnstyledButton>
            )
          }
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") pickFirst();
            if (event.key === "Escape") setWanted("");
          }}
        />
      </div>
      {shown.length === 0 ? (
        <EmptyState title="Nothing here" detail={wanted ? `Nothing on the menu is called “${wanted}”.` : "The office can add products to this category."} />
      ) : (
        <ul className={classes.grid}>
          {shown.map((product) => (
            <Tile key={product.id} product={product} currency={menu.currency} color={colors.get(product.category_id ?? "") ?? null} count={counts.get(product.id) ?? 0} onPick={onPick} onOptions={onOptions} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Products of the category, or all whose name has the text wherever they are. Sold-out ones come last. */
function select(menu: Menu, categoryId: string | null, wanted: string): Product[] {
  const text = wanted.trim().toLowerCase();
  const position = new Map(menu.categories.map((category: Category) => [category.id, category.position]));
  const rank = (product: Product) => position.get(product.category_id ?? "") ?? Number.MAX_SAFE_INTEGER;
  return menu.products
    .filter((product) => (text ? product.name.toLowerCase().includes(text) : categoryId === null || product.category_id === categoryId))
    .toSorted((one, other) => Number(other.active) - Number(one.active) || rank(one) - rank(other) || one.position - other.position);
}

function Chip({ name, color, active, onClick }: { name: string; color: string | null; active: boolean; onClick: () => void }) {
  return (
    <UnstyledButton className={classes.chip} style={tint(color)} aria-pressed={active} onClick={onClick}>
      {name}
    </UnstyledButton>
  );
}

interface TileProps {
  product: Product;
  currency: string;
  color: string | null;
  count: number;
  onPick: (product: Product) => void;
  onOptions: (product: Product) => void;
}

function Tile({ product, currency, color, count, onPick, onOptions }: TileProps) {
  const optional = product.active && product.modifier_group_ids.length > 0;
  return (
    <li className={classes.tile} style={tint(color)} data-off={!product.active}>
      <UnstyledButton className={classes.pick} disabled={!product.active} onClick={() => onPick(product)}>
        <span className={classes.name}>{product.name}</span>
        <Text span className={classes.price}>
          {product.active ? formatMoney(product.price_minor, currency) : "Sold out"}
        </Text>
      </UnstyledButton>
      {count > 0 && (
        <span className={classes.count} data-beside={optional} role="img" aria-label={`${count} in the basket`}>
          {count}
        </span>
      )}
      {optional && (
        <UnstyledButton className={classes.options} aria-label={`Options for ${product.name}`} onClick={() => onOptions(product)}>
          <IconAdjustmentsHorizontal size={20} stroke={1.7} />
        </UnstyledButton>
      )}
    </li>
  );
}

function tint(color: string | null): CSSProperties {
  return { "--tint": color || "var(--mantine-color-gray-5)" } as CSSProperties;
}

/** The slash key puts the cursor into the search, as on the desk tills people know. */
function useSearchKey() {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      search.current?.focus();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return search;
}
