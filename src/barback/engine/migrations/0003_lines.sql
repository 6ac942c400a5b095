-- Lines: what limits, rates and fair turns go by.

SELECT 1;
