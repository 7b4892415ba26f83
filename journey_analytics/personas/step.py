"""The step `persona`: clusters of journeys that begin alike, or the note why personas are those of the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.build import builtin_sql, read_rules
from journey_analytics.errors import ConfigurationError
from journey_analytics.instants import naive
from journey_analytics.personas.clusters import (
    Clusters,
    Trial,
    chosen_of,
    find_clusters,
    nearest,
    require_library,
)
from journey_analytics.personas.features import FEATURES, made_points, points_of, vocabularies
from journey_analytics.personas.naming import Name, content_names, kept_names
from journey_analytics.personas.tables import CHOICE_SCHEMA, CLUSTER_SCHEMA, PERSONA_SCHEMA, TRIAL_SCHEMA
from journey_analytics.personas.traits import traits_of
from journey_analytics.warehouse import Warehouse

CLUSTER_MAKES: Final = frozenset(
    {"core.journey_persona", "core.persona_choice", "core.persona_cluster", "mart.persona_trial"}
)
CLUSTER_READS: Final = frozenset(
    {"core.journey", "core.journey_feature", "config.persona_feature", "config.persona_rule", "config.setting"}
)

JOURNEYS_AT_LEAST: Final = 1_000
"""Active journeys below which nothing is clustered: eight clusters of a half would have fewer than 63 each."""
JOURNEYS_AT_MOST: Final = 50_000
"""Active journeys that clusters are made from; where there are more, those of a part of the customers, the same in
every run. All others get the nearest cluster."""
_PARTS: Final = 1000

DATA: Final = "data"
RULES: Final = "rules"
"""The two that the setting `persona_source` may be."""

_SOURCE: Final = "select value from config.setting where setting = 'persona_source'"
_ACTIVE: Final = "from core.journey where not is_passive and started_at <= ?"
_FITTED: Final = """
select f.*
from core.journey_feature as f
inner join core.journey as j on f.journey_id = j.journey_id
where not j.is_passive and j.started_at <= ? and {chosen}
"""
_CHOSEN: Final = "customer_bucket(f.customer_id, {of}) < {parts}"
_PROFILES: Final = f"""
select
    {", ".join(f"f.{name}" for name in FEATURES)},
    count(*) filter (where not j.is_passive and j.started_at <= ?)::bigint as journey_count
from core.journey_feature as f
inner join core.journey as j on f.journey_id = j.journey_id
group by all
order by all
"""
"""Every way to begin, and how many active journeys begun by T did."""
_LABELLED: Final = f"""
create or replace temp table labelled_journey as
select f.journey_id, p.cluster
from core.journey_feature as f
inner join core.persona_profile as p on {" and ".join(f"f.{name} = p.{name}" for name in FEATURES)}
"""
_OVERLAP: Final = """
with both_nights as (
    select n.cluster, o.persona
    from labelled_journey as n
    inner join run.persona_label as o on n.journey_id = o.journey_id
    inner join core.journey as j on n.journey_id = j.journey_id
    where not j.is_passive
),

common as (
    select cluster, persona, count(*) as common_count from both_nights group by cluster, persona
)

select
    c.cluster,
    c.persona,
    c.common_count / (
        sum(c.common_count) over (partition by c.cluster)
        + sum(c.common_count) over (partition by c.persona)
        - c.common_count
    ) as share
from common as c
order by c.cluster, c.persona
"""
_LABEL_TABLE: Final = """
create table if not exists run.persona_label (journey_id varchar, persona varchar)
"""
"""The personas of the last run that had clusters: a run by rules in between leaves it, so names and number survive."""
_KEEP_LABELS: Final = "create or replace table run.persona_label as from core.journey_persona"
_LAST_COUNT: Final = "select nullif(count(distinct persona), 0)::bigint from run.persona_label"
_NAME_TABLE: Final = """
create table if not exists run.persona_name (
    persona varchar, parts varchar[], first_named_at timestamp, last_named_at timestamp
)
"""
_KEEP_NAMES: Final = """
insert into run.persona_name
select c.persona, c.parts, ?::timestamp, ?::timestamp
from core.persona_cluster as c
where c.persona not in (select persona from run.persona_name)
order by c.persona
"""
_RENEW_NAMES: Final = """
update run.persona_name as n
set parts = c.parts, last_named_at = ?::timestamp
from core.persona_cluster as c
where n.persona = c.persona
"""


@dataclass(frozen=True)
class _Outcome:
    """Why there are no clusters, or the clusters with the names of their features' values."""

    note: str | None
    clusters: Clusters | None = None
    values: Mapping[str, list[str]] | None = None


def make_persona(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Write `core.journey_persona` and what was tried; no rows of it where personas are those of the rules.

    Journeys are compared by what was known of them at their first touchpoint (`core.journey_feature`), weighted as
    `config.persona_feature` says. Active journeys begun by T make the clusters; every journey gets the nearest one.
    Names and number follow those of the last run that had clusters (`run.persona_label`), where they still fit.
    """
    warehouse.execute(_NAME_TABLE)
    warehouse.execute(_LABEL_TABLE)
    weights = feature_weights(warehouse)
    outcome = _outcome(warehouse, weights, cutoff=cutoff)
    trials = () if outcome.clusters is None else outcome.clusters.trials
    chosen = None if outcome.clusters is None else outcome.clusters.chosen
    warehouse.create_from("mart.persona_trial", _trial_rows(trials, chosen))
    if outcome.clusters is None or chosen is None or outcome.values is None:
        _store(warehouse, note=outcome.note)
        return
    profiles = _profiles(warehouse, cutoff=cutoff)
    labelled = _labelled(warehouse, profiles, outcome.clusters, values=outcome.values, weights=weights)
    names = _names(warehouse, labelled)
    _store_clusters(warehouse, labelled, names, chosen, note=outcome.note, cutoff=cutoff)


def feature_weights(warehouse: Warehouse) -> dict[str, float]:
    """The weights above 0 of `config.persona_feature`, in the order of `FEATURES`."""
    listed = dict(warehouse.rows("select feature, weight from config.persona_feature"))
    return {name: float(listed[name]) for name in FEATURES if float(listed.get(name) or 0) > 0}


def _outcome(warehouse: Warehouse, weights: Mapping[str, float], *, cutoff: datetime) -> _Outcome:
    if warehouse.value(_SOURCE) != DATA:
        return _Outcome("the setting persona_source says rules")
    count = warehouse.value(f"select count(*) {_ACTIVE}", [naive(cutoff)])
    if count < JOURNEYS_AT_LEAST:
        return _Outcome(f"fewer than {JOURNEYS_AT_LEAST:,} journeys: too few for clusters, so the rules are used")
    try:
        require_library()
    except ConfigurationError:
        return _Outcome("scikit-learn is not installed, so the rules are used")
    return _clustered(warehouse, weights, count=count, cutoff=cutoff)


def _clustered(warehouse: Warehouse, weights: Mapping[str, float], *, count: int, cutoff: datetime) -> _Outcome:
    parts = min(_PARTS, max(1, _PARTS * JOURNEYS_AT_MOST // count))
    chosen = "true" if parts == _PARTS else _CHOSEN.format(of=_PARTS, parts=parts)
    journeys = warehouse.frame(_FITTED.format(chosen=chosen), parameters=[naive(cutoff)], name="journeys to cluster")
    values = vocabularies(_profiles(warehouse, cutoff=cutoff), list(weights))
    points = points_of(journeys, weights=weights, values=values)
    found = find_clusters(points, last_count=warehouse.value(_LAST_COUNT))
    if found.chosen is None:
        return _Outcome("no number of clusters from 2 to 8 is stable and separate, so the rules are used", found)
    sample = "" if parts == _PARTS else f"clusters made from {journeys.height:,} of {count:,} journeys"
    return _Outcome("; ".join(filter(None, [sample, _unused_rules(warehouse)])) or None, found, values)


def _unused_rules(warehouse: Warehouse) -> str:
    """A word where somebody wrote rules of their own that nothing reads now."""
    own = warehouse.frame("select * from config.persona_rule order by rowid")
    if own.equals(read_rules(builtin_sql() / "config" / "persona_rule.csv")):
        return ""
    return "the rules of persona_rule.csv are not used: the setting persona_source says data"


def _trial_rows(trials: tuple[Trial, ...], chosen: Trial | None) -> pl.DataFrame:
    """`is_kept`: chosen only because the last run had as many; a run that had none before would choose otherwise."""
    anew = chosen_of(trials)
    rows = [
        {
            "cluster_count": one.cluster_count,
            "lowest_jaccard": min(one.jaccards),
            "silhouette": one.silhouette,
            "reference_silhouette": one.reference_silhouette,
            "is_stable": one.is_stable,
            "is_separate": one.is_separate,
            "is_chosen": one is chosen,
            "is_kept": one is chosen and one is not anew,
        }
        for one in trials
    ]
    return pl.DataFrame(rows, schema=TRIAL_SCHEMA)


def _store(warehouse: Warehouse, *, note: str | None) -> None:
    """That personas are those of the rules; `run.persona_label` stays as the last run with clusters left it."""
    choice = {"source": RULES, "note": note, "silhouette": None}
    warehouse.create_from("core.persona_choice", pl.DataFrame([choice], schema=CHOICE_SCHEMA))
    warehouse.create_from("core.persona_cluster", CLUSTER_SCHEMA.to_frame())
    warehouse.create_from("core.journey_persona", PERSONA_SCHEMA.to_frame())


def _profiles(warehouse: Warehouse, *, cutoff: datetime) -> pl.DataFrame:
    return warehouse.frame(_PROFILES, parameters=[naive(cutoff)], name="profiles")


def _labelled(
    warehouse: Warehouse,
    profiles: pl.DataFrame,
    clusters: Clusters,
    *,
    values: Mapping[str, list[str]],
    weights: Mapping[str, float],
) -> pl.DataFrame:
    """Every profile of any journey with its cluster (`persona`), which temp table `labelled_journey` has by journey."""
    labels = _labels(profiles, clusters, values=values, weights=weights)
    labelled = profiles.with_columns(persona=pl.Series(labels, dtype=pl.String))
    warehouse.create_from("core.persona_profile", labelled.rename({"persona": "cluster"}))
    warehouse.execute(_LABELLED, name="labelled_journey")
    warehouse.execute("drop table core.persona_profile")
    return labelled


def _labels(
    profiles: pl.DataFrame, clusters: Clusters, *, values: Mapping[str, list[str]], weights: Mapping[str, float]
) -> list[str]:
    """The cluster of each profile: `0` for the largest one, and so on."""
    import numpy as np

    coded = [profiles[name].cast(pl.Enum(values[name])).to_physical().to_numpy() for name in weights]
    points = made_points(
        np.column_stack(coded).astype(np.int64),
        sizes=tuple(len(values[name]) for name in weights),
        weights=tuple(weights.values()),
        customer_of=np.zeros(profiles.height, dtype=np.int64),
    )
    assert clusters.centres is not None  # noqa: S101 - a chosen trial has centres
    return [str(label) for label in nearest(points.matrix, clusters.centres)[points.profile_of]]


def _names(warehouse: Warehouse, labelled: pl.DataFrame) -> dict[str, Name]:
    """A name for each cluster: that of the last run with clusters where it is the same, else from its content."""
    kept = _kept(warehouse)
    order = [label for label in sorted(labelled["persona"].unique()) if label not in kept]
    taken = [name.persona for name in kept.values()]
    active = labelled.filter(pl.col("journey_count") > 0)
    return kept | content_names(active, traits_of(active), order=order, taken=taken)


def _kept(warehouse: Warehouse) -> dict[str, Name]:
    known = {
        persona: Name(persona, tuple(parts))
        for persona, parts in warehouse.rows("select persona, parts from run.persona_name order by persona")
    }
    return kept_names(warehouse.frame(_OVERLAP, name="personas of both nights"), known=known)


def _store_clusters(
    warehouse: Warehouse,
    labelled: pl.DataFrame,
    names: Mapping[str, Name],
    chosen: Trial,
    *,
    note: str | None,
    cutoff: datetime,
) -> None:
    choice = {"source": DATA, "note": note, "silhouette": chosen.silhouette}
    warehouse.create_from("core.persona_choice", pl.DataFrame([choice], schema=CHOICE_SCHEMA))
    rows = [
        {"cluster": label, "persona": name.persona, "parts": list(name.parts), "jaccard": chosen.jaccards[int(label)]}
        for label, name in sorted(names.items())
    ]
    schema = {"cluster": pl.String, **CLUSTER_SCHEMA}
    warehouse.create_from("core.persona_cluster", pl.DataFrame(rows, schema=schema))
    warehouse.execute(
        "create or replace table core.journey_persona as select l.journey_id, c.persona from labelled_journey as l "
        "inner join core.persona_cluster as c on l.cluster = c.cluster order by l.journey_id",
        name="core.journey_persona",
    )
    warehouse.execute(_KEEP_LABELS, name="run.persona_label")
    warehouse.execute("drop table labelled_journey")
    warehouse.execute("alter table core.persona_cluster drop column cluster")
    moment = naive(cutoff)
    warehouse.execute(_RENEW_NAMES, [moment], name="run.persona_name")
    warehouse.execute(_KEEP_NAMES, [moment, moment], name="run.persona_name")
