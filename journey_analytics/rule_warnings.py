"""What a run says about rules that are well written and yet do nothing."""

from journey_analytics.warehouse import Warehouse

_UNMATCHED = """
with spelled as (
    select
        identity_type,
        identity_value
    from core.identity
),

named as (
    select rowid as rule_order, identity_type, identity_value from config.identity_undone
    union all
    select rowid, other_type, other_value from config.identity_undone where other_type is not null
),

unmatched as (
    select
        n.rule_order,
        n.identity_type || ' ''' || n.identity_value || '''' as identity
    from named as n
    anti join spelled as s
        on n.identity_type = s.identity_type
        and undone_value(n.identity_type, n.identity_value) = s.identity_value
)

select min(identity) from unmatched group by rule_order order by rule_order
"""
_SHOWN_UNMATCHED = 3


def undone_warnings(warehouse: Warehouse) -> list[str]:
    """Of the rows in force, how many name an identity that no event carries: they undo nothing. Of one, its first."""
    if not warehouse.has("config.identity_undone") or not warehouse.has("core.identity"):
        return []
    found = [identity for (identity,) in warehouse.rows(_UNMATCHED)]
    if not found:
        return []
    rows = "1 row of identity_undone names" if len(found) == 1 else f"{len(found):,} rows of identity_undone name"
    more = ", …" if len(found) > _SHOWN_UNMATCHED else ""
    shown = ", ".join(found[:_SHOWN_UNMATCHED])
    return [f"{rows} no identity as it is spelled here: {shown}{more}; `journey undo` writes the right spelling"]
