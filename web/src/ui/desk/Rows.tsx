// A list as a table on a desk and as cards on a phone: the same cells, laid out by what they are.
import { Button, Skeleton, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Go } from "./nav";
import classes from "./Rows.module.css";

export interface Column<Row> {
  label: string;
  /** title: what the row is; figure: its number, at the end; meta: what else is known; action: buttons. */
  role: "title" | "figure" | "meta" | "action";
  cell: (row: Row) => ReactNode;
  /** A press on its head sorts by this. */
  sort?: (row: Row) => number | string;
}

/** Which column the rows are sorted by. */
export interface Order {
  by: string;
  down: boolean;
}

/** The rows in that order; those that are equal stay as they were. */
export function sorted<Row>(rows: Row[], columns: Column<Row>[], order: Order): Row[] {
  const sort = columns.find((column) => column.label === order.by)?.sort;
  if (!sort) return rows;
  const compare = (one: number | string, other: number | string) => (typeof one === "string" ? one.localeCompare(String(other)) : one - Number(other));
  return [...rows].sort((one, other) => compare(sort(one), sort(other)) * (order.down ? -1 : 1));
}

interface RowsProps<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[] | undefined;
  id: (row: Row) => string;
  /** Where the row leads. */
  to?: (row: Row) => string;
  dim?: (row: Row) => boolean;
  /** While there are more to fetch. */
  onMore?: (() => void) | undefined;
  moreBusy?: boolean;
  /** Rows to hold the place of while loading. */
  expect?: number;
  order?: Order;
  onOrder?: (order: Order) => void;
}

/** With more of them they stand closer, so that the last one is seen on a desk. */
const MANY_COLUMNS = 10;

export function Rows<Row>({ label, columns, rows, id, to, dim, onMore, moreBusy = false, expect = 6, order, onOrder }: RowsProps<Row>) {
  return (
    <>
      <table className={classes.table} data-dense={columns.length > MANY_COLUMNS || undefined} role="table" aria-label={label} aria-busy={rows === undefined}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.label} role="columnheader" scope="col" data-end={ends(column) || undefined} aria-sort={order?.by === column.label ? (order.down ? "descending" : "ascending") : undefined}>
                <Head column={column} order={order} onOrder={onOrder} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows === undefined
            ? Array.from({ length: expect }, (_, index) => <Ghost key={index} columns={columns} fade={1 - index / (expect + 1)} />)
            : rows.map((row) => <Line key={id(row)} row={row} columns={columns} to={to?.(row)} dim={dim?.(row) ?? false} />)}
        </tbody>
      </table>
      {onMore && (
        <div className={classes.more}>
          <Button variant="subtle" loading={moreBusy} onClick={onMore}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function Head<Row>({ column, order, onOrder }: { column: Column<Row>; order: Order | undefined; onOrder: ((order: Order) => void) | undefined }) {
  if (column.role === "action") return <span className="visually-hidden">{column.label}</span>;
  if (!column.sort || !onOrder) return column.label;
  const down = order?.by === column.label ? order.down : null;
  return (
    <UnstyledButton className={classes.head} onClick={() => onOrder({ by: column.label, down: down === null ? column.role !== "title" : !down })}>
      {column.label}
      {down === true && <IconArrowDown size={14} aria-hidden />}
      {down === false && <IconArrowUp size={14} aria-hidden />}
    </UnstyledButton>
  );
}

function Line<Row>({ row, columns, to, dim }: { row: Row; columns: Column<Row>[]; to: string | undefined; dim: boolean }) {
  return (
    <tr role="row" data-dim={dim || undefined}>
      {columns.map((column) => (
        <td key={column.label} role="cell" data-role={column.role} data-end={ends(column) || undefined}>
          {column.role === "title" && to !== undefined ? (
            <Go to={to} className={classes.link} row>
              {column.cell(row)}
            </Go>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function Ghost<Row>({ columns, fade }: { columns: Column<Row>[]; fade: number }) {
  return (
    <tr role="row" style={{ opacity: fade }}>
      {columns.map((column) => (
        <td key={column.label} role="cell" data-role={column.role} data-end={ends(column) || undefined}>
          <Skeleton height={14} width={column.role === "title" ? 140 : 64} display="inline-block" />
        </td>
      ))}
    </tr>
  );
}

function ends<Row>(column: Column<Row>): boolean {
  return column.role === "figure" || column.role === "action";
}
