-- wilson_high(share, base_count): the upper end of Wilson's 95 % score interval, never below the share itself; see
-- wilson_low.
create or replace macro wilson_high(share, base_count) as
case
    when base_count > 0 and share is not null
        then greatest(
            share,
            least(
                1::double,
                (
                    share + 3.841458820694124 / (2 * base_count)
                    + 1.959963984540054
                    * sqrt(share * (1 - share) / base_count + 3.841458820694124 / (4 * base_count::double * base_count))
                ) / (1 + 3.841458820694124 / base_count)
            )
        )
end
