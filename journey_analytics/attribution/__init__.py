"""Touchpoint impact: how the credit for conversions is shared among the touchpoints before them.

Association, not cause: a credit says who was there, and what other journeys without it did; only an experiment says
what a touchpoint brings about.
"""

from journey_analytics.attribution.models import EXTRA_MODELS, MODELS
from journey_analytics.attribution.paths import DIMENSIONS, Paths, paths
from journey_analytics.attribution.table import attribution

__all__ = ["DIMENSIONS", "EXTRA_MODELS", "MODELS", "Paths", "attribution", "paths"]
