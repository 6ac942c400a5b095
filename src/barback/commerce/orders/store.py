"""Orders at rest: rows in, rows out; no decisions."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from barback.commerce.orders.rules import PricedLine, flags_decoder
from barback.commerce.orders.shapes import ChosenModifier, FlagShape, LineShape, ModifierShape, OrderIn
from barback.storage import Row, statements

SQL = statements(__file__)

_order_decoder = msgspec.json.Decoder(OrderIn)
_modifiers_decoder = msgspec.json.Decoder(list[tuple[str, int]])


def text(value: Any) -> str:
    """JSON text of anything."""
    return msgspec.json.encode(value).decode()


def order_of(row: Row) -> OrderIn:
    """The order as the device made it."""
    return _order_decoder.decode(row["body"])


def flags_of(row: Row) -> list[FlagShape]:
    """The flags of an order row."""
    return flags_decoder.decode(row["flags"]) if row["flags"] != "[]" else []


def fingerprint(body: str) -> str:
    """What makes a refused order the same at every attempt."""
    return hashlib.sha256(body.encode()).hexdigest()


def line_row(order_id: str, event_id: str, line: PricedLine) -> dict[str, Any]:
    """The parameters that insert a line."""
    return {
        "order_id": order_id,
        "n": line.n,
        "event_id": event_id,
        "product_id": line.product_id,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price_minor": line.unit_price_minor,
        "modifiers": text(line.modifiers) if line.modifiers else "[]",
        "gross_minor": line.gross_minor,
        "net_minor": line.net_minor,
        "tax_minor": line.tax_minor,
        "taxes": text(line.taxes) if line.taxes else "[]",
        "note": line.note,
    }


def line_shape(row: Row) -> LineShape:
    """A stored line as it goes over the wire."""
    return LineShape(
        n=row["n"],
        product_id=row["product_id"],
        name=row["name"],
        quantity=row["quantity"],
        unit_price_minor=row["unit_price_minor"],
        modifiers=[ModifierShape(name, price) for name, price in _modifiers_decoder.decode(row["modifiers"])],
        gross_minor=row["gross_minor"],
        net_minor=row["net_minor"],
        tax_minor=row["tax_minor"],
        note=row["note"],
    )


def lines_as_sold(order: OrderIn) -> list[LineShape]:
    """The lines of an order that is not processed yet: as sold, without tax."""

    def name(chosen: ChosenModifier) -> ModifierShape:
        return ModifierShape(chosen.name or chosen.modifier_id, chosen.price_minor)

    return [
        LineShape(
            n=n,
            product_id=line.product_id,
            name=line.name or line.product_id,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            modifiers=[name(chosen) for chosen in line.modifiers],
            gross_minor=line.quantity * max(0, line.unit_price_minor + sum(c.price_minor for c in line.modifiers)),
            net_minor=0,
            tax_minor=0,
            note=line.note,
        )
        for n, line in enumerate(order.lines)
    ]
