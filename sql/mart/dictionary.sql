-- One row per column of a mart: what it means.
-- grain: (table_name, column_name)
-- rebuild: full
-- The meaning names the unit, and of a share the denominator.
select
    table_name,
    column_name,
    meaning
from config.mart_column
