"""Barback: an order-taking platform for events and venues, on a work engine of its own."""

from barback.engine import *  # noqa: F403 - the engine is what `import barback` offers
from barback.engine import __all__ as __all__
from barback.storage import migrate as migrate
from barback.storage import open_database as open_database
