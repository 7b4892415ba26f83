"""Wrong rows of the rules of friction and scores, and how friction is held against a survey."""

import polars as pl
import pytest

from journey_analytics.errors import ConfigurationError
from journey_analytics.evaluate.feelings import agreement, answered_stages, cells, journeys
from journey_analytics.feelings.rules import check_friction_signals, check_score_scales


def frame_of(text: str) -> pl.DataFrame:
    return pl.read_csv(text.encode(), infer_schema=False)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("anger,cart_viewed,times,1,,0.5,", "'anger' is not one of error, refund"),
        ("error,,times,1,,0.5,", "'' is not one or more activities"),
        ("error,a||b,times,1,,0.5,", "'a||b' is not one or more activities"),
        ("error,a,often,1,,0.5,", "'often' is not one of times, directly_again, wait"),
        ("error,a,times,0,,0.5,", "'0' is not a number above 0"),
        ("error,a,times,,,0.5,", "'' is not a number above 0"),
        ("error,a,times,1,,1.5,", "'1.5' is not a number from 0 to 1"),
        ("error,a,times,1,b,0.5,", "'b' is not possible for times"),
        ("waiting,a,wait,1,,0.5,", "'' is not one or more activities"),
    ],
)
def test_a_wrong_rule_of_friction_is_refused(row: str, expected: str) -> None:
    head = "signal,activity,counting,threshold,until,weight,description\n"
    with pytest.raises(ConfigurationError, match=r"friction_signal\.csv, row number 1") as raised:
        check_friction_signals({"friction_signal": frame_of(head + row + "\n")})
    assert expected in str(raised.value)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a,smiles,1,5,", "'smiles' is not one of csat, nps, rating"),
        ("a,csat,5,5,", "'5' is not a number above the lowest score 5"),
        ("a,csat,x,5,", "'x' is not a number"),
        (",csat,1,5,", "'' is not one or more activities"),
    ],
)
def test_a_wrong_scale_is_refused(row: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_score_scales({"score_scale": frame_of(f"activity,measure,lowest,highest,description\n{row}\n")})
    assert expected in str(raised.value)


def test_an_answer_meets_the_friction_of_the_journey_with_most_of_its_touchpoints() -> None:
    survey = pl.DataFrame({"journey_id": ["t1", "t1", "t2"], "stage": ["decision", "awareness", "decision"],
                           "score": [2, 5, 4], "fall": [1.3, 0.0, 0.0]})  # fmt: skip
    events = [("t1", "j1"), ("t1", "j2"), ("t1", "j2"), ("t2", "j1"), ("", "j1")]
    keys = {"source": ["web"] * 5, "source_event_id": list("abcde")}
    true = pl.DataFrame({**keys, "journey_id": [true for true, _ in events]})
    ours = pl.DataFrame({**keys, "journey_id": [ours for _, ours in events]})
    friction = pl.DataFrame({"journey_id": ["j1", "j2"], "stage": ["decision"] * 2, "friction": [0.0, 0.5]})
    found = answered_stages(survey, true_event=true, touchpoint=ours, friction=friction)
    assert found.select("journey_id_true", "journey_id", "friction", "score").rows() == [
        ("t1", "j2", 0.5, 2), ("t2", "j1", 0.0, 4),
    ]  # fmt: skip


def test_rank_correlation_is_that_of_the_textbook() -> None:
    answers = pl.DataFrame({"friction": [0.0, 0.0, 0.2, 0.5, 0.9], "fall": [5.0, 4.0, 3.0, 2.0, 1.0],
                            "score": [5, 4, 4, 2, 1]})  # fmt: skip
    found = agreement(answers)
    assert found.rho == pytest.approx(0.92105, abs=1e-4), "ranks 1.5 1.5 3 4 5 against 5 3.5 3.5 2 1"
    assert found.low is not None and found.high is not None
    assert found.low < found.rho < found.high < 1
    assert agreement(answers, "fall").rho == pytest.approx(-0.9747, abs=1e-4)
    assert agreement(answers.with_columns(friction=pl.lit(0.0))).rho is None
    assert agreement(answers.head(0)).count == 0


def test_cells_and_journeys_are_means_of_enough_answers() -> None:
    answers = pl.DataFrame({"journey_id_true": ["a", "a", "b"], "persona": ["p", "p", "q"], "stage": ["d", "d", "d"],
                            "friction": [0.5, 0.5, 0.0], "fall": [1.0, 0.0, 0.0], "score": [1, 2, 5]})  # fmt: skip
    assert cells(answers, minimum_count=2).rows() == [("p", "d", 0.5, 0.5, 1.5, 2)]
    assert journeys(answers).select("journey_id_true", "friction", "score").rows() == [
        ("a", 0.75, 1.5),
        ("b", 0.0, 5.0),
    ]
