-- History that is dropped, not deleted.

SELECT 1;
