-- Bundles of packed messages, batches and sweeps.

SELECT 1;
