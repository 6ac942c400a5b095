"""How many orders a second are accepted, durably."""
