"""Worlds with a known truth: vendor-shaped exports of four sources, and what really happened beside them.

`simulate` writes one; the same arguments give the same bytes. Customer i is the same whatever the number of others.
"""

from journey_analytics.simulate.simulation import Summary, simulate

__all__ = ["Summary", "simulate"]
