-- One row per row of mart.attribution with a credit outside its interval, or below 0 where no model can be.
with mismatch as (
    select *
    from mart.attribution
    where
        not (credit_low <= conversion_credit and conversion_credit <= credit_high)
        or not (amount_low <= amount_credit and amount_credit <= amount_high)
        or (credit_low < 0 and model <> 'shapley')
        or touched_count > conversion_count
        or (amount_credit is null) <> (currency is null)
)

select * from mismatch
