"""The stage of every touchpoint, and with it where a customer's need ends.

A stage may depend on the stage that the need is in, and a need ends after a pause whose limit depends on the stage.
Both look only backwards. So the answer is found by repeating one vectorised step until nothing changes: after k steps
at least the first k touchpoints of every customer are final. Customers without a change leave after each step, and what
only inherits is looked through, so that in practice a handful of steps is enough.

A customer may have several needs at a time, each in its thread (see `threads`). For the steps the rows lie thread by
thread, so that "the last earlier row" of a need is found as that of a customer is.
"""

from datetime import timedelta
from typing import Final

import polars as pl

from journey_analytics.sequence.matching import matched
from journey_analytics.sequence.order import NEVER, at, before
from journey_analytics.sequence.rules import NEED_STATES, OPENING, PREVIOUS, STAGE_CODES, Rules
from journey_analytics.sequence.threads import thread_order

POST_PURCHASE: Final = STAGE_CODES["post_purchase"]
DECISION: Final = STAGE_CODES["decision"]
_INHERITS: Final = 5
_FOLLOWS: Final = 6
_SETTLED: Final = ("rule", "stage_code", "is_pre", "begins_need", "need_until_us", "need_row")
_OUTCOMES: Final = {**STAGE_CODES, PREVIOUS: _INHERITS, OPENING: _FOLLOWS}


def with_stages(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Add the stage, its rule and the needs that follow from it.

    Added: `stage_code`, `stage_rule`, `stage_confidence`; `is_pre` (part of the way to a purchase: active, not
    post_purchase and not about an order already placed), `begins_need`, `need_row` (the row that founded the thread's
    latest need up to here), `need_until_us` (until when the thread's need before this row lived; `NEVER` when there was
    none) and the purchase context of `with_purchases`.

    Args:
        rows: in order, with `thread`.
        rules: see `read_rules`.
    """
    context = _with_session_context(with_purchases(rows))
    offset, answers = matched(context, rules.stage_rules)
    outcomes = _outcomes(rules)
    context = context.with_columns(offset=offset, opening_row=pl.lit(None, pl.Int64))
    context = context.with_columns(opening_row=_opening_row(context, answers, outcomes))
    return _named(_settled(context, rules, answers, outcomes), rules)


def would_be_awareness(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Whether a touchpoint would be awareness if no need went on and nothing had been bought."""
    alone = rows.with_columns(
        since_purchase_us=pl.lit(None, pl.Int64),
        same_topic=pl.lit(None, pl.Boolean),
        continues_session=pl.lit(value=False),
    )
    offset, answers = matched(alone, rules.stage_rules)
    return _outcomes(rules).gather(answers.gather(offset)) == STAGE_CODES["awareness"]


def _outcomes(rules: Rules) -> pl.Series:
    """What each rule says, by its place; behind the last one, what no rule says."""
    return pl.Series([_OUTCOMES[rule.stage] for rule in rules.stage_rules] + [0], dtype=pl.Int64)


def with_purchases(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what a touchpoint has behind it, strictly earlier in the order.

    `purchase_row` and `since_purchase_us` of the customer's last purchase, `same_topic` (null unless both topics are
    known), and `order_row`: the purchase whose order id the touchpoint carries.
    """
    last = before(pl.col("row"), where=pl.col("is_purchase"), default=-1)
    known = rows.with_columns(purchase_row=last).with_columns(pl.col("purchase_row").replace(-1, None))
    orders = _orders(rows)
    return known.join(orders, on=["customer", "order_id"], how="left", maintain_order="left").with_columns(
        order_row=pl.when((pl.col("order_row") < pl.col("row")) & ~pl.col("is_purchase")).then("order_row"),
        since_purchase_us=pl.col("us") - at("us", pl.col("purchase_row")),
        same_topic=pl.col("topic") == at("topic", pl.col("purchase_row")),
    )


def _with_session_context(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `continues_session`: the customer did something earlier in this session."""
    first = rows.lazy().filter("is_active").select("session_row", first_act="row")
    founding = first.unique("session_row", keep="first", maintain_order=True).collect()
    return rows.join(founding, on="session_row", how="left", maintain_order="left").with_columns(
        continues_session=(pl.col("row") > pl.col("first_act")).fill_null(value=False)
    )


def _orders(rows: pl.DataFrame) -> pl.DataFrame:
    purchases = rows.filter(pl.col("is_purchase") & pl.col("order_id").is_not_null())
    return purchases.group_by("customer", "order_id").agg(order_row=pl.col("row").min())


def _opening_row(rows: pl.DataFrame, answers: pl.Series, outcomes: pl.Series) -> pl.Series:
    """The last earlier contact on the same source that does not itself follow another one; rows that follow only."""
    states = range(len(NEED_STATES), 2 * len(NEED_STATES))
    follows = pl.any_horizontal(_outcome(answers, outcomes, pl.col("offset") + s) == _FOLLOWS for s in states)
    marked = rows.select("row", "customer", "source_code", follows=follows)
    if not marked["follows"].any():
        return rows["opening_row"]
    opening = pl.when(~pl.col("follows")).then("row").forward_fill().over("customer", "source_code")
    return marked.select(pl.when("follows").then(opening)).to_series()


def _outcome(answers: pl.Series, outcomes: pl.Series, index: pl.Expr) -> pl.Expr:
    return pl.lit(outcomes.gather(answers)).gather(index)


def _settled(rows: pl.DataFrame, rules: Rules, answers: pl.Series, outcomes: pl.Series) -> pl.DataFrame:
    limits = limit_us(rules)
    state, place = _thread_by_thread(rows, is_split=rules.splits_by_topic)
    state = state.with_columns(
        rule=pl.lit(len(rules.stage_rules) + 1, pl.Int16), stage_code=pl.lit(0, pl.Int64), inherits=pl.lit(value=False)
    )
    settled: list[pl.DataFrame] = []
    while len(state) or not settled:
        lived = _with_needs(state, limits)
        found = _with_rules(lived, answers, outcomes)
        moving = _moving(state, found)
        settled.append(lived.filter(~moving).select("place", "row", *_SETTLED[:-1]))
        state = found.filter(moving)
    need = pl.when("begins_need").then("row").forward_fill()
    together = pl.concat(settled).sort("place").select(*_SETTLED[:-1], need_row=need)
    return rows.hstack(together if place is None else together.select(pl.all().gather(place)))


def _thread_by_thread(rows: pl.DataFrame, *, is_split: bool) -> tuple[pl.DataFrame, pl.Series | None]:
    """What the steps read, thread by thread, and the place of every row there; None when no row has moved."""
    columns = ("row", "customer", "is_first", "us", "is_active", "is_purchase", "is_end", "order_row", "offset")
    bought = (pl.col("purchase_row") > pl.col("opening_row")).fill_null(value=False)
    state = rows.select(*columns, "opening_row", "thread", has_bought_since=bought)
    opening, place = pl.col("opening_row"), None
    if is_split:
        order = thread_order(rows)
        place = pl.zeros(len(order), dtype=pl.Int64, eager=True).scatter(order, pl.int_range(len(order), eager=True))
        state, opening = state[order], pl.lit(place).gather("opening_row")
        is_first = (pl.col("thread") != pl.col("thread").shift(1)).fill_null(value=True)
        state = state.with_columns(is_first=is_first)
    # A distance stays true when whole customers leave the frame.
    places = pl.int_range(pl.len(), dtype=pl.Int64)
    return state.with_columns(place=places, opening_distance=places - opening).drop("opening_row", "thread"), place


def _moving(state: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
    """The rows of all customers of whom a row has changed: nothing else can change later."""
    changed = (found["rule"] != state["rule"]) | (found["stage_code"] != state["stage_code"])
    return found.select("customer", changed=changed).select(pl.col("changed").any().over("customer")).to_series()


def limit_us(rules: Rules) -> pl.Series:
    """The inactivity limit in microseconds by stage code."""
    return pl.Series([rules.inactivity[stage] // timedelta(microseconds=1) for stage in STAGE_CODES], dtype=pl.Int64)


def _with_needs(rows: pl.DataFrame, limits: pl.Series) -> pl.DataFrame:
    """Where needs begin and which stage they are in before each row, given the stages so far."""
    is_pre = pl.col("is_active") & (
        pl.col("is_purchase") | ((pl.col("stage_code") != POST_PURCHASE) & pl.col("order_row").is_null())
    )
    ends = pl.col("is_purchase") | pl.col("is_end")
    until = pl.when(ends).then(NEVER).otherwise(pl.col("us") + pl.lit(limits).gather(pl.col("stage_code")))
    pre = pl.col("is_pre")
    return (
        rows.with_columns(is_pre=is_pre)
        .with_columns(need_until_us=before(until, where=pre, default=NEVER))
        .with_columns(begins_need=pre & (pl.col("us") > pl.col("need_until_us")))
        .with_columns(need_stage=before(_mark(), where=pre & _mark().is_not_null(), default=0))
    )


def _mark() -> pl.Expr:
    """What a row says about the stage of its need: its own stage, or none yet; null where it only inherits."""
    says = pl.col("stage_code").is_between(1, DECISION) & ~pl.col("inherits")
    return pl.when(says).then("stage_code").when(pl.col("begins_need")).then(pl.lit(0, pl.Int64))


def _with_rules(rows: pl.DataFrame, answers: pl.Series, outcomes: pl.Series) -> pl.DataFrame:
    opening_row = pl.int_range(pl.len(), dtype=pl.Int64) - pl.col("opening_distance")
    asked = rows.with_columns(
        need=pl.when(pl.col("us") <= pl.col("need_until_us")).then("need_stage").otherwise(0),
        opening=at("stage_code", opening_row).fill_null(0),
    )
    index = pl.col("offset") + pl.col("need") + pl.when(pl.col("opening") > 0).then(len(NEED_STATES)).otherwise(0)
    answered = asked.with_columns(rule=pl.lit(answers).gather(index))
    answered = answered.with_columns(stage_code=pl.lit(outcomes).gather(pl.col("rule")))
    inherits, follows = pl.col("stage_code") == _INHERITS, pl.col("stage_code") == _FOLLOWS
    stage = pl.when(inherits).then("need").when(follows).then(_moved_on()).otherwise("stage_code")
    return answered.with_columns(stage_code=stage, inherits=inherits)


def _moved_on() -> pl.Expr:
    """The stage of the contact that is followed, but no lower than its need by now; bought since: post_purchase."""
    return pl.when("has_bought_since").then(POST_PURCHASE).otherwise(pl.max_horizontal("opening", "need"))


def _named(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    ids = pl.Series([*(rule.rule_id for rule in rules.stage_rules), None], dtype=pl.String)
    confidences = pl.Series([*(rule.confidence for rule in rules.stage_rules), 0.0], dtype=pl.Float64)
    names = pl.Series([*STAGE_CODES], dtype=pl.String)
    return rows.with_columns(
        stage=pl.lit(names).gather(pl.col("stage_code")),
        stage_rule=pl.lit(ids).gather(pl.col("rule")),
        stage_confidence=pl.lit(confidences).gather(pl.col("rule")),
    ).drop("offset", "rule", "opening_row")
