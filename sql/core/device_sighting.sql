-- One row per moment at which a weak identity was seen in a list of only weak ones.
-- grain: (identity_set_id, identity_number, occurred_at)
-- rebuild: full
-- What core.sighting_choice has to assign. It is a table of its own because the planner must know its size: a join
-- "as of" from a guess of a few rows becomes a nested loop. Quarantined devices are left out: they assign nothing.
with usable_device as (
    select
        s.identity_set_id,
        s.identities,
        m.identity_number
    from core.identity_set as s
    inner join core.identity_set_member as m on s.identity_set_id = m.identity_set_id
    where
        m.strength = 'weak'
        and not exists (select 1 from core.evidence_set_customer as c where c.identity_set_id = m.identity_set_id)
        and not exists (select 1 from core.shared_device as q where q.identity_number = m.identity_number)
),

sighting as (
    select
        d.identity_set_id,
        d.identity_number,
        e.occurred_at,
        count(*) as event_count
    from core.event as e
    inner join usable_device as d on e.identities = d.identities
    where not coalesce(e.is_bot, false)
    group by d.identity_set_id, d.identity_number, e.occurred_at
)

select * from sighting
