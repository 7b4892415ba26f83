"""The settings that are tried: every combination of four choices, the configured one among them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Final

from journey_analytics.sequence import Rules

STITCHINGS: Final = ("default", "strict", "generous")
"""The default first: customers whom another stitching leaves alone keep its stage visits."""
GAP_SCALES: Final = (0.5, 0.75, 1.0, 1.5)
WINDOW_SCALES: Final = (0.5, 1.0, 1.5)
ORDER_MODES: Final = ("ordered", "strict", "any")

DIMENSIONS: Final = ("stitching", "gap_scale", "window_scale", "order_mode")
"""The choices, named as the attributes of a `Setting` and the columns of `mart.sensitivity`."""


@dataclass(frozen=True)
class Setting:
    """One combination of choices.

    Attributes:
        stitching: which login an anonymous touchpoint goes to. `default`: as configured. `strict`: only one within 30
            minutes on the device (and within the configured look-back). `generous`: the nearest on the device, however
            long before or after. Without such a login the device is a customer of its own.
        gap_scale: factor on every inactivity limit, configured or learnt.
        window_scale: factor on every window within which a stage has to advance.
        order_mode: how an advance has to follow the entry into a stage; see `following`.
    """

    stitching: str
    gap_scale: float
    window_scale: float
    order_mode: str

    @property
    def setting_id(self) -> str:
        """The choices in one text, e.g. `strict-gap0.5-window1-ordered`."""
        return f"{self.stitching}-gap{self.gap_scale:g}-window{self.window_scale:g}-{self.order_mode}"


DEFAULT: Final = Setting(stitching="default", gap_scale=1.0, window_scale=1.0, order_mode="ordered")
"""The configuration as it stands: it reproduces `mart.stage_dropoff`."""


def settings_of(*, stitching: str, gap_scale: float) -> list[Setting]:
    """The settings that share one run of the kernel: every window with every order."""
    return [
        Setting(stitching=stitching, gap_scale=gap_scale, window_scale=window_scale, order_mode=order_mode)
        for window_scale, order_mode in product(WINDOW_SCALES, ORDER_MODES)
    ]


def all_settings() -> list[Setting]:
    """Every combination, each once, always in the same order."""
    return [
        setting
        for stitching, gap_scale in product(STITCHINGS, GAP_SCALES)
        for setting in settings_of(stitching=stitching, gap_scale=gap_scale)
    ]


def with_gaps(rules: Rules, *, scale: float) -> Rules:
    """The rules with every inactivity limit scaled to whole days; the tail after a purchase stays."""
    return replace(rules, inactivity=scaled(rules.inactivity, scale=scale))


def scaled(lengths: Mapping[str, timedelta], *, scale: float) -> dict[str, timedelta]:
    """Lengths times a factor, in whole days, halves rounded up, at least one day."""
    return {
        name: timedelta(days=max(1, int(length / timedelta(days=1) * scale + 0.5))) for name, length in lengths.items()
    }
