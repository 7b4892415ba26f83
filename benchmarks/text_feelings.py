"""How well feelings agree with sentences that others labelled, which were not used to choose the words.

    python benchmarks/text_feelings.py --language en amazonReviewSnippets_GroundTruth.txt
    python benchmarks/text_feelings.py --language it labelled.tsv

A file holds lines `id<TAB>score<TAB>text`, as the ground truths of Hutto & Gilbert 2014 do; a mean score of at least
0.5 is positive, of at most -0.5 negative, else neutral. The files stay where they are: nothing of them is
kept, but a twelfth of the first stands in `feeling_example.csv` already (origin `vader_amazon_snippets`).
"""

import argparse
from pathlib import Path

import polars as pl

from journey_analytics import build
from journey_analytics.voice.feelings import feelings_of, label
from journey_analytics.voice.quality import agreement_row
from journey_analytics.voice.rules import read_voice_rules

_LABELLED_FROM = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--wrong", type=int, default=0, help="Print so many sentences that were told wrong.")
    arguments = parser.parse_args()
    frames = build.rule_frames(build.sql_files())
    rules = read_voice_rules(frames)
    settings = dict(frames["setting"].select("setting", "value").rows())
    neutral, threshold = (
        int(settings[name]) / 100 for name in ("feeling_neutral_percent", "feeling_minimum_agreement")
    )
    sentences = _sentences(arguments.file, arguments.language)
    told = sentences.join(feelings_of(sentences, rules), on="text_id", maintain_order="left").with_columns(
        said=label(pl.col("feeling"), neutral=neutral)
    )
    for name, value in agreement_row(arguments.language, told, threshold).items():
        print(f"{name:16} {value:.3f}" if isinstance(value, float) else f"{name:16} {value}")
    print(told.group_by("label", "said").len().sort("label", "said"))
    for row in told.filter(pl.col("label") != pl.col("said")).head(arguments.wrong).to_dicts():
        print(f"{row['label']} told as {row['said']}: {row['text']}")


def _sentences(file: Path, language: str) -> pl.DataFrame:
    rows = [line.split("\t", 2) for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    found = pl.DataFrame([row for row in rows if len(row) == 3], schema=["key", "score", "text"], orient="row")
    score = pl.col("score").cast(pl.Float64)
    return found.with_row_index("text_id").with_columns(
        language=pl.lit(language),
        label=pl.when(score >= _LABELLED_FROM)
        .then(pl.lit("positive"))
        .when(score <= -_LABELLED_FROM)
        .then(pl.lit("negative"))
        .otherwise(pl.lit("neutral")),
    )


if __name__ == "__main__":
    main()
