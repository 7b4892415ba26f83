"""The step `persona_card`: what each persona is, whether it comes from data or from rules."""

from typing import Final

import polars as pl

from journey_analytics.personas.cards import Choice, persona_cards
from journey_analytics.personas.features import FEATURES
from journey_analytics.personas.step import feature_weights
from journey_analytics.personas.traits import traits_of, typical_profiles
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

CARD_MAKES: Final = frozenset({"mart.persona", "mart.persona_trait"})
CARD_READS: Final = frozenset(
    {
        "core.journey_at_cutoff", "core.journey_segment", "core.journey_feature", "core.persona_choice",
        "core.persona_cluster", "config.persona_feature", "config.setting",
    }
)  # fmt: skip

_ACTIVE: Final = """
from core.journey_at_cutoff as j
inner join core.journey_segment as s on j.journey_id = s.journey_id
"""
_SIZES: Final = f"""
select
    s.persona,
    count(*)::bigint as journey_count,
    count(distinct j.customer_id)::bigint as customer_count,
    count(*) filter (where j.is_settled and j.status <> 'open')::bigint as settled_count,
    count(*) filter (where j.is_settled and j.status = 'converted')::bigint as converted_count
{_ACTIVE}
where not j.is_passive
group by s.persona
"""
_PROFILES: Final = f"""
select s.persona, {", ".join(f"f.{name}" for name in FEATURES)}, count(*)::bigint as journey_count
{_ACTIVE}
inner join core.journey_feature as f on j.journey_id = f.journey_id
where not j.is_passive
group by all
"""
_MEDOIDS: Final = f"""
with typical_journey as (
    select s.persona, j.journey_id, j.activities, j.is_settled
    {_ACTIVE}
    inner join core.journey_feature as f on j.journey_id = f.journey_id
    inner join core.typical_profile as p
        on s.persona = p.persona and {" and ".join(f"f.{name} = p.{name}" for name in FEATURES)}
    where not j.is_passive
),

counted_path as (
    select
        persona,
        journey_id,
        activities,
        is_settled,
        count(*) over (partition by persona, activities) as path_count,
        abs(len(activities) - median(len(activities)) over (partition by persona)) as length_distance
    from typical_journey
)

select persona, journey_id as medoid_journey_id, activities as medoid_activities
from counted_path
qualify row_number() over (
    partition by persona order by is_settled desc, length_distance, path_count desc, journey_id
) = 1
order by persona
"""


def make_persona_card(warehouse: Warehouse) -> None:
    """Write `mart.persona` and `mart.persona_trait`, see `persona_cards` and `traits_of`; active journeys begun by T.

    The medoid is a real journey that begins as is most typical of its persona: of those that begin so, a settled one
    where there is one, as long as half of them are, on the most frequent path, ties by journey_id.
    """
    profiles = warehouse.frame(_PROFILES, name="profiles of personas")
    sizes = warehouse.frame(_SIZES, name="sizes of personas")
    traits = traits_of(profiles)
    cards = persona_cards(
        sizes,
        clusters=warehouse.frame("select * from core.persona_cluster"),
        medoids=_medoids(warehouse, profiles),
        traits=traits,
        choice=Choice(*warehouse.rows("select source, note, silhouette from core.persona_choice")[0]),
        minimum_count=setting(warehouse, "minimum_count"),
    )
    shown = cards.filter(~pl.col("is_suppressed"))
    warehouse.create_from("mart.persona", cards)
    warehouse.create_from("mart.persona_trait", traits.join(shown, on="persona", how="semi").sort("persona", "place"))


def _medoids(warehouse: Warehouse, profiles: pl.DataFrame) -> pl.DataFrame:
    typical = typical_profiles(profiles, weights=feature_weights(warehouse))
    warehouse.create_from("core.typical_profile", typical)
    found = warehouse.frame(_MEDOIDS, name="medoids")
    warehouse.execute("drop table core.typical_profile")
    return found
