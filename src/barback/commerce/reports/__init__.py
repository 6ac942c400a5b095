"""Reports: an event's overview, its books, and downloads. The only room that reads across others' tables.

It writes nothing. Sums of what is settled are kept in memory (`running`), so an overview of a night with
a hundred thousand orders costs what the last two minutes cost.
"""

from barback.commerce.reports.actions import books, overview

__all__ = ["books", "overview"]
