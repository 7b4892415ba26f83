"""The names of the models, in their order of display."""

from typing import Final

MODELS: Final = ("first", "last", "linear", "position", "time_decay", "markov", "shapley")
"""Those of the definitions."""

EXTRA_MODELS: Final = ("last_non_direct", "shapley_count")
"""`shapley_count` is the Shapley value of the number of conversions, where
`shapley` is that of the conversion rate."""

FOR_CHANNELS: Final = ("last_non_direct",)
"""Models that other dimensions do not have."""
