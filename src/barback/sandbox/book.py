"""The crowd's own book: every order it sold, every answer it got, how long each took. The oracle reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from barback.sandbox.contract import Order, OrderAnswer

KEPT = frozenset({"accepted", "flagged", "duplicate"})
"""Answers that promise: it is on disk, and will be on its tab once."""


@dataclass(slots=True)
class Sale:
    """One order that physically happened, and what the server has said of it so far."""

    order: Order
    sold_at: float
    sends: int = 0
    results: list[str] = field(default_factory=list[str])
    flags: tuple[str, ...] = ()
    problem: str | None = None
    tab_id: str | None = None
    answered_at: float | None = None
    answered_ms: int | None = None

    @property
    def result(self) -> str | None:
        """The first answer; None: never answered."""
        return self.results[0] if self.results else None

    @property
    def promised(self) -> bool:
        """Whether the server ever said that it has it."""
        return any(result in KEPT for result in self.results)


@dataclass
class Book:
    """Everything that was sold and said. Times are of the machine's monotonic clock, in seconds."""

    sales: dict[str, Sale] = field(default_factory=dict[str, Sale])
    requests: int = 0
    sent: int = 0
    waits: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    failures: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    contradictions: list[str] = field(default_factory=list[str])
    began: float = 0.0
    ended: float = 0.0

    def sold(self, order: Order, now: float) -> Sale:
        """A new order."""
        sale = self.sales[order.id] = Sale(order, now)
        return sale

    def attempt(self, sales: Sequence[Sale]) -> None:
        """A request with these orders goes out."""
        self.requests += 1
        self.sent += len(sales)
        for sale in sales:
            sale.sends += 1

    def failed(self, reason: str) -> None:
        """No answer, or one that says: try again."""
        self.failures[reason] += 1

    def answered(
        self, sales: Sequence[Sale], answers: Sequence[OrderAnswer], *, wait_s: float, now: float, received_ms: int
    ) -> None:
        """The server answered a request. Raises ValueError when the answer does not fit the request."""
        if len(answers) != len(sales):
            raise ValueError(f"sent {len(sales)} orders, got {len(answers)} answers")
        self.waits.append((wait_s, len(sales)))
        for sale, answer in zip(sales, answers, strict=True):
            if answer.id != sale.order.id:
                self.contradictions.append(f"asked for order {sale.order.id}, answered for {answer.id}")
                continue
            self._note(sale, answer)
            if sale.answered_at is None:
                sale.answered_at, sale.answered_ms = now, received_ms

    def _note(self, sale: Sale, answer: OrderAnswer) -> None:
        again = answer.result in {"accepted", "flagged"}
        if again and any(result in {"accepted", "flagged"} for result in sale.results):
            self.contradictions.append(f"order {sale.order.id} was accepted as new twice")
        if answer.tab_id is not None and sale.tab_id not in {None, answer.tab_id}:
            self.contradictions.append(
                f"order {sale.order.id} was promised to tab {sale.tab_id}, then to {answer.tab_id}"
            )
        sale.results.append(answer.result)
        sale.tab_id = answer.tab_id or sale.tab_id
        sale.flags = tuple(str(flag["code"]) for flag in answer.flags) or sale.flags
        if answer.problem is not None:
            sale.problem = str(answer.problem.get("code"))

    def results(self) -> Counter[str]:
        """Orders by their first answer; "unanswered" for those without one."""
        return Counter(sale.result or "unanswered" for sale in self.sales.values())

    def repeats(self) -> int:
        """Answers that said "duplicate"."""
        return sum(sale.results.count("duplicate") for sale in self.sales.values())

    def flag_codes(self) -> Counter[str]:
        """Flags on answers, by code."""
        return Counter(code for sale in self.sales.values() for code in sale.flags)

    def problem_codes(self) -> Counter[str]:
        """Why orders were invalid."""
        return Counter(sale.problem for sale in self.sales.values() if sale.problem)
