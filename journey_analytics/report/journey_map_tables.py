"""The table behind the customer journey map, with the columns that the report needs of it."""

from collections.abc import Mapping

import polars as pl

from journey_analytics.journey_map.lanes import SCHEMA, TABLE

JOURNEY_MAP_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {TABLE: SCHEMA}
