"""What may be on a menu, what it costs and how it is taxed: types, checks and arithmetic, all pure."""

from barback.commerce.menu.rules.taxes import tax_order

__all__ = ["tax_order"]
