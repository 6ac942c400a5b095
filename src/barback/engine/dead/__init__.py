"""Dead letters: looked at, mended, sent round again, thrown away (E11)."""
