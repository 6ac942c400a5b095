-- Dedupe, breakers and the metering ledger.

SELECT 1;
