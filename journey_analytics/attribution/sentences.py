"""What is to be said with every credit, for the report and for the terminal."""

from typing import Final

CAUTION: Final = (
    "Association, not cause: who was there before a purchase, and how journeys fared without it. Only an experiment "
    "tells what a touch brings about."
)
