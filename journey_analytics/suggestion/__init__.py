"""A stage for activities that no rule knows, suggested from where journeys have them and from what their names say.

Nothing here changes a stage: a suggestion becomes a rule only when a person accepts it. Pure: frames in, frames out.
"""

from journey_analytics.suggestion.contexts import contexts, place_counts, votes
from journey_analytics.suggestion.mixture import stage_shares
from journey_analytics.suggestion.names import Resemblance, resemblances
from journey_analytics.suggestion.step import READS as SUGGESTION_READS
from journey_analytics.suggestion.step import make_stage_suggestion
from journey_analytics.suggestion.suggestions import Evidence, suggestions

__all__ = [
    "SUGGESTION_READS",
    "Evidence",
    "Resemblance",
    "contexts",
    "make_stage_suggestion",
    "place_counts",
    "resemblances",
    "stage_shares",
    "suggestions",
    "votes",
]
