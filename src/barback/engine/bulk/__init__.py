"""Bulk work: messages packed a hundred to a row, and the counts of the batches they belong to (E17)."""
