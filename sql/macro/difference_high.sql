-- difference_high(share, base_count, other_share, other_count): the upper end of the 95 % interval of share less other
-- share; see difference_low.
create or replace macro difference_high(share, base_count, other_share, other_count) as
share - other_share + sqrt(
    power(wilson_high(share, base_count) - share, 2) + power(other_share - wilson_low(other_share, other_count), 2)
)
