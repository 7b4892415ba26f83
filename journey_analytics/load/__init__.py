"""Files → `raw.*` and `staging.event`, each file in one transaction with its row in the ledger `run.load`.

Afterwards read = accepted + duplicate + rejected holds for every file, and the events do not depend on the order, the
split or the repetition of the files.
"""

from journey_analytics.load.file import FileLoad
from journey_analytics.load.rehearsal import rehearse
from journey_analytics.load.restage import restage
from journey_analytics.load.source import LoadSummary, load_sources
from journey_analytics.load.spelling import spellings
from journey_analytics.sources import Limits

__all__ = ["FileLoad", "Limits", "LoadSummary", "load_sources", "rehearse", "restage", "spellings"]
