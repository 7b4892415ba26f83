-- One row per touchpoint of an active journey: what rework and hand-overs are counted by.
-- grain: (journey_number, position)
-- rebuild: full
-- as: view
-- `is_act`: the customer did it, or it is the purchase; `is_sent`: of an activity that is only sent (kind `passive` in
-- config.activity); `is_purchase_record`: an activity that books a purchase (kind `purchase`). `is_before` and
-- `is_until`: it stands before, or at the latest at, the journey's first purchase; both true where there is none.
with path_touchpoint as (
    select
        j.journey_number,
        t.position,
        t.session_id,
        t.activity,
        t.channel,
        t.source,
        t.topic,
        t.stage,
        epoch_us(t.occurred_at) as occurred_us,
        t.is_purchase or not t.is_passive as is_act,
        coalesce(k.kind = 'passive', false) as is_sent,
        coalesce(k.kind = 'purchase', false) as is_purchase_record,
        p.purchase_position is null or t.position < p.purchase_position as is_before,
        p.purchase_position is null or t.position <= p.purchase_position as is_until
    from core.touchpoint_at_cutoff as t
    inner join core.path_journey as j on t.journey_id = j.journey_id
    left join core.first_purchase as p on t.journey_id = p.journey_id
    left join config.activity as k on t.activity = k.activity
)

select * from path_touchpoint
