-- wilson_low(share, base_count): the lower end of Wilson's 95 % score interval (1927) of a share of so many; null where
-- the base is 0 or null. Never above the share itself, which rounding could leave outside at 0 and 1. The same as
-- intervals.wilson_low.
create or replace macro wilson_low(share, base_count) as
case
    when base_count > 0 and share is not null
        then least(
            share,
            greatest(
                0::double,
                (
                    share + 3.841458820694124 / (2 * base_count)
                    - 1.959963984540054
                    * sqrt(share * (1 - share) / base_count + 3.841458820694124 / (4 * base_count::double * base_count))
                ) / (1 + 3.841458820694124 / base_count)
            )
        )
end
