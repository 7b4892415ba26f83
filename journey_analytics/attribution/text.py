"""Credits as people read them in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from journey_analytics.attribution.models import MODELS
from journey_analytics.attribution.paths import NONE
from journey_analytics.attribution.sentences import CAUTION
from journey_analytics.terminal import table

_NO_ROWS = "no journey has a touch yet: nothing to give credit to"


def attribution_text(rows: Sequence[Mapping[str, Any]], *, model: str | None = None) -> str:
    """Rows of `mart.attribution` of one dimension: a line per value, models side by side, or one model in detail."""
    if not rows:
        return _NO_ROWS
    shown = [_detail(row) for row in _by_credit(rows)] if model else _side_by_side(rows)
    return "\n\n".join([table(shown, title=_title(rows[0])), *_explained(rows, model=model)])


def _title(row: Mapping[str, Any]) -> str:
    return (
        f"Credit of each {row['dimension']} for {row['conversion_count']:,} conversions up to {row['as_of_on']} "
        f"(touches of the {row['lookback_days']} days before; 95 % intervals)"
    )


def _by_credit(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Most credit first, ties by name; conversions without a touch at the end."""
    return sorted(rows, key=lambda row: (row["touchpoint"] == NONE, -row["conversion_credit"], row["touchpoint"]))


def _side_by_side(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    cells = {(row["touchpoint"], row["model"]): _credit(row) for row in rows}
    models = [model for model in MODELS if any(row["model"] == model for row in rows)]
    # Shapley may fold more values than the others: the order is that of the linear model, then what else there is.
    order = [row["touchpoint"] for row in _by_credit([row for row in rows if row["model"] == "linear"])]
    order += sorted({row["touchpoint"] for row in rows if row["model"] in models} - set(order))
    dimension = rows[0]["dimension"]
    return [{dimension: name} | {model: cells.get((name, model)) for model in models} for name in order]


def _credit(row: Mapping[str, Any]) -> str:
    mark = "" if row["is_ranked"] or row["touchpoint"] == NONE else " *"
    return f"{_figures(row['conversion_credit'], row['credit_low'], row['credit_high'])}{mark}"


def _figures(value: float, low: float, high: float) -> str:
    return f"{value:,.0f} ({low:,.0f}–{high:,.0f})".replace("-", "−")


def _detail(row: Mapping[str, Any]) -> dict[str, Any]:
    money = "–"
    if row["amount_credit"] is not None:
        money = f"{_figures(row['amount_credit'], row['amount_low'], row['amount_high'])} {row['currency']}"
    return {
        row["dimension"]: row["touchpoint"],
        "conversions touched": row["touched_count"],
        "credit": _credit(row),
        "share of all": f"{100 * row['credit_share']:.1f} %" if row["credit_share"] is not None else "–",
        "amount": money,
        "note": row["note"],
    }


def _explained(rows: Sequence[Mapping[str, Any]], *, model: str | None) -> list[str]:
    lines = [
        CAUTION,
        *(["* fewer conversions touched than minimum_count: not to be ranked."] if any(map(_is_thin, rows)) else []),
    ]
    if model is None and any(row["model"] == "shapley" and row["conversion_credit"] < 0 for row in rows):
        lines += ["A negative credit (shapley): journeys convert less often in its company than without it."]
    return ["\n".join(lines)]


def _is_thin(row: Mapping[str, Any]) -> bool:
    return not row["is_ranked"] and row["touchpoint"] != NONE
