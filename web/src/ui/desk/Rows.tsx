// A list as a table on a desk and as cards on a phone: the same cells, laid out by what they are.
import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { Go } from "./nav";
import classes from "./Rows.module.css";

export interface Column<Row> {
  label: string;
  /** title: what the row is; figure: its number, at the end; meta: what else is known; action: buttons. */
  role: "title" | "figure" | "meta" | "action";
  cell: (row: Row) => ReactNode;
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
}

export function Rows<Row>({ label, columns, rows, id, to, dim, onMore, moreBusy = false, expect = 6 }: RowsProps<Row>) {
  return (
    <>
      <table className={classes.table} role="table" aria-label={label} aria-busy={rows === undefined}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.label} role="columnheader" scope="col" data-end={ends(column) || undefined}>
                {column.role === "action" ? <span className="visually-hidden">{column.label}</span> : column.label}
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

function Line<Row>({ row, columns, to, dim }: { row: Row; columns: Column<Row>[]; to: string | undefined; dim: boolean }) {
  return (
    <tr role="row" data-dim={dim || undefined}>
      {columns.map((column) => (
        <td key={column.label} role="cell" data-role={column.role} data-end={ends(column) || undefined}>
          {column.role === "title" && to !== undefined ? (
            <Go to={to} className={classes.link}>
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
