"""`journey audit`: a stratified sample of what was inferred, for a person to judge, and the precision this shows.

No truth is needed: a person judges the sheet. `draw_sheet` writes it, `take_in` reads it back.
"""

from journey_analytics.audit.answer import run_audit
from journey_analytics.audit.command import Drawn, Judged, draw_sheet, take_in

__all__ = ["Drawn", "Judged", "draw_sheet", "run_audit", "take_in"]
