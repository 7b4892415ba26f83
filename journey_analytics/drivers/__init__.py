"""Drivers of drop-off: which touchpoints, channels, waits, errors and segments go together with being lost."""

from journey_analytics.drivers.drivers import Stays, driver_rows
from journey_analytics.drivers.stays import stays_of

__all__ = ["Stays", "driver_rows", "stays_of"]
