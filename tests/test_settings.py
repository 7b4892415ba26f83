"""Settings are read as numbers; what is missing has a default or is an error that helps."""

import polars as pl
import pytest

from journey_analytics.errors import ConfigurationError
from journey_analytics.settings import fractional_setting, setting
from journey_analytics.warehouse import Warehouse, open_memory


@pytest.fixture
def warehouse():
    with open_memory(threads=1) as opened:
        rows = {"setting": ["minimum_count", "session_gap_minutes"], "value": ["45", "0.5"]}
        opened.create_from("config.setting", pl.DataFrame(rows))
        yield opened


def test_a_setting_is_a_number_whatever_the_default(warehouse: Warehouse):
    assert setting(warehouse, "minimum_count") == setting(warehouse, "minimum_count", 30) == 45
    assert fractional_setting(warehouse, "session_gap_minutes") == 0.5


def test_a_default_stands_in_for_a_missing_row_and_a_missing_table(warehouse: Warehouse):
    assert setting(warehouse, "segment_value_cap", 0) == 0
    warehouse.execute("drop table config.setting")
    assert setting(warehouse, "minimum_count", 30) == 30


def test_without_a_default_a_missing_setting_is_an_error_with_the_nearest_name(warehouse: Warehouse):
    with pytest.raises(ConfigurationError, match=r"no setting 'minimum_counts'; did you mean 'minimum_count'\?"):
        setting(warehouse, "minimum_counts")
