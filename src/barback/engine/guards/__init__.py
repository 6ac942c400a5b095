"""Guards: what keeps work from being done twice, late, or against something that is down (E14, E15, E16)."""
