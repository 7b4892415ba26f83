-- One row per resolved identity without a rule, or with a confidence outside 0–1.
-- grain: (identity_type, identity_value, customer_id)
with unexplained as (
    select
        identity_type,
        identity_value,
        customer_id,
        rule,
        confidence
    from core.customer_identity
    where rule is null or confidence is null or confidence < 0 or confidence > 1
)

select * from unexplained
