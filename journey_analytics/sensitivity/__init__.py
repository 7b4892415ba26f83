"""How much each drop-off figure depends on choices that nobody can prove right: stitching, gaps, windows, order.

`grid` names the settings, `stitching` gives the touchpoints of another stitching, `following` what became of a stage
visit under another window and order, `ranges` what the settings say together. Those are pure; `analysis` runs them on
a warehouse.
"""

from journey_analytics.sensitivity.analysis import Sensitivity, analyse, compute
from journey_analytics.sensitivity.text import sensitivity_dict, sensitivity_text

__all__ = ["Sensitivity", "analyse", "compute", "sensitivity_dict", "sensitivity_text"]
