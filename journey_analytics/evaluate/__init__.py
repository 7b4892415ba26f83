"""`journey evaluate`: identity, journeys, stages and drop-off of a run against the truth of a simulated world.

Pure: frames in, frozen dataclasses out. Only `evaluate` touches a warehouse, and only to read it.
"""

from journey_analytics.evaluate.evaluation import Evaluation, evaluate, score
from journey_analytics.evaluate.text import evaluation_text

__all__ = ["Evaluation", "evaluate", "evaluation_text", "score"]
