"""The command `journey`: thin. Results go to stdout, messages to stderr; heavy imports wait for their command."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from journey_analytics.commands import (
    attribution,
    changes,
    conformance,
    drivers,
    dropoff,
    exchange,
    experience,
    feelings,
    flow,
    funnel,
    model,
    opportunities,
    path_map,
    personas,
    rework,
    rules,
    serve,
    stage,
    variants,
    voice,
)
from journey_analytics.commands.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from journey_analytics.commands.options import print_json as _print_json
from journey_analytics.errors import ConfigurationError, JourneyError

app = typer.Typer(
    name="journey",
    help="From touchpoint logs to the customer journeys people really took: where they are lost, and how sure that is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="State of affairs at the end of this day (UTC), instead of the data's own end.",
    ),
]
app.add_typer(stage.app)


def main() -> None:
    """Run the command line; an error of ours becomes one message and its exit code, never a traceback."""
    os.umask(0o077)
    try:
        app()
    except JourneyError as error:
        print(f"journey: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except OSError as error:
        print(f"journey: the system refused: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("journey: interrupted; what was loaded stays, run the command again to go on", file=sys.stderr)
        raise SystemExit(130) from None


@app.command(epilog="Example: journey demo --dir journey-demo")
def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the demo workspace is made.")] = Path("journey-demo"),
    as_json: JsonOption = False,
) -> None:
    """The main job on the sample data: load, identify, classify, mine, report."""
    from journey_analytics.config import read_config
    from journey_analytics.demo import make_demo_workspace

    config = read_config(make_demo_workspace(directory))
    _run_and_print(config, as_of=None, full=False, as_json=as_json)


@app.command(epilog="Example: journey run --config shop/journey.toml --as-of 2025-06-30")
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    full: Annotated[bool, typer.Option("--full", help="Stage every raw row again and rebuild everything.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The nightly job: load what is new, rebuild, check, publish, report. Repeating it is harmless."""
    from journey_analytics.config import read_config

    _run_and_print(read_config(config), as_of=as_of, full=full, as_json=as_json)


@app.command(epilog="Example: journey check --config shop/journey.toml")
def check(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Data checks, rules and configuration, without writing."""
    from journey_analytics import run as job
    from journey_analytics.config import read_config

    count = job.check(read_config(config))
    print(f"{count} checks passed")


@app.command(epilog="Example: journey report --out /tmp/report")
def report(
    config: ConfigOption = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the page; by default [report] dir.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="en|it", help="By default [report] language.")
    ] = None,
) -> None:
    """Render the report again from the warehouse, and keep it by date beside an index."""
    from journey_analytics import run as job
    from journey_analytics.config import read_config

    print(job.render_report(read_config(config), out=out, language=language))


for _name, _command, _example in (
    ("dropoff", dropoff.dropoff, dropoff.EXAMPLE),
    ("funnel", funnel.funnel, funnel.EXAMPLE),
    ("drivers", drivers.drivers, drivers.EXAMPLE),
    ("opportunities", opportunities.opportunities, opportunities.EXAMPLE),
    ("changes", changes.changes, changes.EXAMPLE),
    ("attribution", attribution.attribution, attribution.EXAMPLE),
    ("experience", experience.experience, experience.EXAMPLE),
    ("map", path_map.path_map, path_map.EXAMPLE),
    ("flow", flow.flow, flow.EXAMPLE),
    ("variants", variants.variants, variants.EXAMPLE),
    ("model", model.model, model.EXAMPLE),
    ("conformance", conformance.conformance, conformance.EXAMPLE),
    ("rules", rules.rules, rules.EXAMPLE),
    ("rework", rework.rework, rework.EXAMPLE),
    ("feelings", feelings.feelings, feelings.EXAMPLE),
    ("personas", personas.personas, personas.EXAMPLE),
    ("voice", voice.voice, voice.EXAMPLE),
    ("serve", serve.serve, serve.EXAMPLE),
    ("export", exchange.export, exchange.EXPORT_EXAMPLE),
    ("import", exchange.import_log, exchange.IMPORT_EXAMPLE),
):
    app.command(_name, epilog=_example)(_command)


@app.command(epilog="Example: journey rejected --json")
def rejected(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """The quarantine: refused rows by source and reason, each with an example."""
    from journey_analytics.answers import rejected_by_reason
    from journey_analytics.config import read_config
    from journey_analytics.terminal import table

    rows = rejected_by_reason(read_config(config))
    if as_json:
        _print_json(rows)
    elif rows:
        print(table(rows))
    else:
        print("no row was refused")


@app.command(epilog="Example: journey explain anna@example.com --with phone:+4915112345678")
def explain(
    identity: Annotated[str, typer.Argument(metavar="EMAIL_OR_ID", help="An identity value or a customer_id.")],
    other: Annotated[
        str | None,
        typer.Option("--with", metavar="OTHER", help="Why this identity is the same customer: the chain of links."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """One customer's timeline: each touchpoint with its stage and why; each identity with the rule that linked it."""
    from journey_analytics.answers import explain_customer, explain_link
    from journey_analytics.config import read_config
    from journey_analytics.terminal import explanation, link_explanation

    workspace = read_config(config)
    found = explain_customer(workspace, identity) if other is None else explain_link(workspace, identity, other)
    if as_json:
        _print_json(found)
    else:
        print(explanation(found) if isinstance(found, list) else link_explanation(found))


@app.command(epilog="Example: journey undo anna@example.com --with +4915112345678 --because 'a shared phone'")
def undo(
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="As logged, in any letter case, or TYPE:VALUE.")],
    other: Annotated[
        str | None,
        typer.Option("--with", metavar="OTHER", help="Undo only the link with this identity."),
    ] = None,
    because: Annotated[str | None, typer.Option("--because", metavar="TEXT", help="Kept with the rule.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take an identity, or the link between two, out of the customer: a rule, from the next run on."""
    from dataclasses import asdict

    from journey_analytics.config import read_config
    from journey_analytics.terminal import undone_text
    from journey_analytics.undo import undo as undo_identity

    undone = undo_identity(read_config(config), identity, other=other, because=because)
    if as_json:
        _print_json(asdict(undone))
    else:
        print(undone_text(undone))


@app.command(epilog="Example: journey simulate world --customers 2000 --days 180 --seed 7 --dirty")
def simulate(  # noqa: PLR0917 - one parameter per option
    out: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    customers: Annotated[
        int, typer.Option("--customers", min=1, help="Customers who identify themselves at some time.")
    ] = 2000,
    days: Annotated[int, typer.Option("--days", min=1, help="Length of the exports, in days.")] = 365,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    dirty: Annotated[
        bool, typer.Option("--dirty", help="Add what the real world adds: re-deliveries, bots, malformed rows …")
    ] = False,
    gzip: Annotated[bool, typer.Option("--gzip", help="Compress the exports.")] = False,
    overlap: Annotated[
        float,
        typer.Option(
            "--overlap",
            min=0,
            max=1,
            metavar="SHARE",
            help="Share of the needs that last for a day or more during which the customer's next need begins, "
            "of another topic: their visits interleave.",
        ),
    ] = 0.0,
) -> None:
    """Vendor-shaped exports of four sources, with the truth beside them and a journey.toml ready to run."""
    from journey_analytics.simulate import simulate as simulate_world
    from journey_analytics.terminal import counting

    _require_empty(out)
    with counting("simulating customers") as progress:
        summary = simulate_world(
            out, customers=customers, days=days, seed=seed, dirty=dirty, gzip=gzip, overlap=overlap, progress=progress
        )
    print(summary)
    print(f"next: journey run --config {out / 'journey.toml'}")


@app.command(epilog="Example: journey evaluate --config world/journey.toml --truth world/truth")
def evaluate(
    truth: Annotated[Path, typer.Option("--truth", help="The truth folder of a simulated world.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Score identity, journeys, stages and drop-off against a truth."""
    from journey_analytics.config import read_config
    from journey_analytics.evaluate import evaluate as score
    from journey_analytics.evaluate import evaluation_text
    from journey_analytics.workspace import existing

    with existing(read_config(config)) as warehouse:
        found = score(warehouse, truth)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(found))
    else:
        print(evaluation_text(found))


@app.command(epilog="Example: journey audit sheet.csv --count 200, then: journey audit --judged sheet.csv")
def audit(  # noqa: PLR0917 - one parameter per option
    sheet: Annotated[Path | None, typer.Argument(metavar="SHEET.csv", help="A new file: the sheet to judge.")] = None,
    judged: Annotated[Path | None, typer.Option("--judged", help="Take this judged sheet in.")] = None,
    count: Annotated[int, typer.Option("--count", min=1, help="Items to judge.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws other items.")] = 1,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Stages, links and journey cuts for a person to judge; from the judged sheet, how many are right.

    A blank verdict says nothing: an earlier judgement of the item stays. To take one back, write cannot_tell.

    Ends with 2 when the call is wrong or the file cannot be read or written, with 1 when the sheet's content is at
    fault: nothing is taken in then.
    """
    from journey_analytics.audit import run_audit
    from journey_analytics.config import read_config

    text, found = run_audit(read_config(config), sheet=sheet, judged=judged, count=count, seed=seed)
    if as_json:
        _print_json(found)
    else:
        print(text)


@app.command(epilog="Example: journey sensitivity --config shop/journey.toml --json")
def sensitivity(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """How far each drop-off figure moves over 108 settings: stitching, gaps, windows, what counts as moving on."""
    from journey_analytics import sensitivity as study
    from journey_analytics.config import read_config
    from journey_analytics.terminal import counting

    with counting("trying settings") as progress:
        found = study.compute(read_config(config), progress=progress)
    if as_json:
        _print_json(study.sensitivity_dict(found))
    else:
        print(study.sensitivity_text(found))


def _run_and_print(config: Any, *, as_of: datetime | None, full: bool, as_json: bool) -> None:
    from journey_analytics import run as job
    from journey_analytics.answers import stage_dropoff
    from journey_analytics.change.answers import current_alerts
    from journey_analytics.change.text import alerts_line
    from journey_analytics.terminal import found_text, naming_steps, summary_dict, warnings_text

    with naming_steps() as progress:
        summary = job.run(config, as_of=as_of.date() if as_of else None, full=full, progress=progress)
    shares, alerts = stage_dropoff(config), current_alerts(config)
    print(warnings_text(summary), file=sys.stderr, end="")
    if as_json:
        _print_json({**summary_dict(config, summary, shares), "alerts": alerts})
    else:
        print(found_text(config, summary, shares))
        print(alerts_line(alerts, config=config.file))


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} exists and is not an empty folder; name a new one")
