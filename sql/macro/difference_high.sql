-- difference_high(share, high_share, other_share, other_low_share): the upper end of the 95 % interval of share less
-- other share; see difference_low.
create or replace macro difference_high(share, high_share, other_share, other_low_share) as
share - other_share + sqrt(power(high_share - share, 2) + power(other_share - other_low_share, 2))
