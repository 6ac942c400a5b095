"""Reports over the wire."""

import msgspec


class ChartMinute(msgspec.Struct):
    """One minute of sales."""

    minute_ms: int
    orders: int
    sales_minor: int


class ProductSales(msgspec.Struct):
    """What one product brought, with tax."""

    name: str
    quantity: int
    sales_minor: int


class StationSales(msgspec.Struct):
    """What one station sold, with tax."""

    id: str
    name: str
    orders: int
    sales_minor: int


class Overview(msgspec.Struct):
    """An event at one moment; the chart has the last 60 minutes, this one last. Minor units, with tax."""

    event_id: str
    as_of_ms: int
    currency: str
    sales_minor: int
    orders: int
    open_tabs: int
    average_minor: int
    flagged: int
    orders_last_minute: int
    chart: list[ChartMinute]
    top_products: list[ProductSales]
    stations: list[StationSales]


class Account(msgspec.Struct):
    """One account of the books; the balance is debit minus credit."""

    account: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


class Books(msgspec.Struct):
    """An event's accounts; `balanced` is what must never be false."""

    currency: str
    accounts: list[Account]
    balanced: bool
