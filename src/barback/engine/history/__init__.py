"""History: what was done, what it used and would cost, and how long that is kept (E18, E20)."""
