"""Handlers: how messages that are leased are seen through, in transactions or outside of them (E3, E4, E18)."""
