"""Start-up smoke tests: an unlucky resolution of dependencies must fail here, not on the user's first call."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
JOURNEY = Path(sys.executable).with_name("journey")
COMMANDS = (
    "demo",
    "run",
    "check",
    "report",
    "dropoff",
    "funnel",
    "drivers",
    "opportunities",
    "changes",
    "attribution",
    "map",
    "flow",
    "variants",
    "model",
    "conformance",
    "rules",
    "rework",
    "feelings",
    "personas",
    "voice",
    "serve",
    "experience",
    "export",
    "import",
    "rejected",
    "explain",
    "undo",
    "stage",
    "simulate",
    "evaluate",
    "audit",
    "sensitivity",
)


def journey(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(JOURNEY), *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = journey(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Example: journey {command}" in " ".join(done.stdout.split())


def test_help_lists_exactly_the_commands_that_exist() -> None:
    shown = journey("--help").stdout
    lines = shown.split("Commands:")[1].splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert sorted(listed) == sorted(COMMANDS)


def test_starting_the_command_line_imports_nothing_heavy() -> None:
    heavy = "{'duckdb', 'polars', 'pyarrow', 'plotly', 'pm4py', 'prefect', 'pandas', 'numpy'}"
    code = f"import sys, journey_analytics.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--config", "nowhere.toml"], "nowhere.toml does not exist"),
        (["run", "--confg", "x"], "No such option"),
        (["run", "--as-of", "31/12/2025"], "31/12/2025"),
        (["simulate", "out", "--customers", "0"], "customers"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_wrong_call_is_one_clear_error_and_exit_code_2(arguments: list[str], said: str) -> None:
    done = journey(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.prefect
def test_the_flow_module_imports_and_shows_its_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.nightly", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--config" in done.stdout
