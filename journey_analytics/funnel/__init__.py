"""Activity funnels: an analyst's own steps, matched by one SQL select with the semantics of DEFINITIONS.

`definition` says what a funnel is and imports nothing heavy; `matching` turns one into SQL and runs it over a frame.
"""
