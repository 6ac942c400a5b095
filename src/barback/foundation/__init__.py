"""The ground floor: clock, ids, errors, paging, money, settings, logging. Knows nothing above it."""
