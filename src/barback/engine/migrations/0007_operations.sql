-- What the autoscaler decided.

SELECT 1;
