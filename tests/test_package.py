"""What a user installs and clones, tried as they would: in empty environments, away from this checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UV = ROOT / ".tools" / "bin" / "uv"

pytestmark = pytest.mark.package


def clean_environment(home: Path) -> dict[str, str]:
    """Only what a new machine has, and what reaches the package index there."""
    index = ("PIP_", "UV_", "SSL_", "REQUESTS_", "HTTP", "http", "NO_PROXY", "no_proxy")
    kept = {key: value for key, value in os.environ.items() if key.startswith(index)}
    path = f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin"
    return {**kept, "HOME": str(home), "PATH": path, "LANG": "C.UTF-8"}


def run(*command: object, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} exited {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.skipif(not UV.is_file(), reason="uv is set up by `make test`")
def test_the_wheel_runs_the_demo_in_an_empty_environment_without_pm4py(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    run(UV, "build", "-q", "--wheel", "--out-dir", tmp_path / "wheel", ROOT, cwd=tmp_path, env=env)
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    run(UV, "venv", "-q", "--python", sys.executable, tmp_path / "env", cwd=tmp_path, env=env)
    python = tmp_path / "env" / "bin" / "python"
    run(UV, "pip", "install", "-q", "--python", python, "-c", ROOT / "requirements.lock", wheel, cwd=tmp_path, env=env)
    shown = run(tmp_path / "env" / "bin" / "journey", "demo", "--dir", tmp_path / "demo", cwd=tmp_path, env=env)
    assert "decision" in shown
    assert (tmp_path / "demo" / "reports" / "report.html").is_file()
    again = run(tmp_path / "env" / "bin" / "journey", "demo", "--dir", tmp_path / "demo", cwd=tmp_path, env=env)
    assert "nothing new" in again


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs git and a checkout")
def test_make_demo_works_in_a_fresh_clone_with_a_clean_environment(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    run("git", "clone", "-q", ROOT, tmp_path / "clone", cwd=tmp_path, env=env)
    shown = run("make", f"PY={sys.base_prefix}/bin/python3", "demo", cwd=tmp_path / "clone", env=env)
    assert "report.html" in shown
    assert (tmp_path / "clone" / "demo" / "reports" / "report.html").is_file()
    assert run("git", "status", "--porcelain", cwd=tmp_path / "clone", env=env) == ""
