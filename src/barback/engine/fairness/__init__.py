"""Fairness: whose turn it is, and how many may run or start: lines, limits and rates (E8)."""
