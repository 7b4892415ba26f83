-- difference_low(share, base_count, other_share, other_count): the lower end of the 95 % interval of share less other
-- share of two independent groups of so many, from their Wilson intervals; null where one of them is. Newcombe 1998,
-- Statistics in Medicine 17:873, method 10. The same as intervals.difference_low.
create or replace macro difference_low(share, base_count, other_share, other_count) as
share - other_share - sqrt(
    power(share - wilson_low(share, base_count), 2) + power(wilson_high(other_share, other_count) - other_share, 2)
)
