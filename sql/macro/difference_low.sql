-- difference_low(share, low_share, other_share, other_high_share): the lower end of the 95 % interval of share less
-- other share of two independent groups, from their Wilson intervals; null where one of them is. Newcombe 1998,
-- Statistics in Medicine 17:873, method 10. The same as intervals.difference_low.
create or replace macro difference_low(share, low_share, other_share, other_high_share) as
share - other_share - sqrt(power(share - low_share, 2) + power(other_high_share - other_share, 2))
