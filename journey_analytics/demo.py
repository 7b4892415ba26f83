"""The demo workspace: the sample data and its configuration, copied to a folder of the user's."""

import shutil
from importlib import resources
from pathlib import Path

from journey_analytics.config import DEFAULT_FILE
from journey_analytics.errors import ConfigurationError


def sample_folder() -> Path:
    """The sample data: inside the installed package, or `data/sample` of a checkout."""
    packaged = Path(str(resources.files("journey_analytics"))) / "sample"
    return packaged if packaged.is_dir() else packaged.parents[1] / "data" / "sample"


def make_demo_workspace(directory: Path) -> Path:
    """Copy the sample into `directory` (an earlier demo is kept and refreshed); returns its `journey.toml`.

    Raises:
        ConfigurationError: when the folder holds something else, or cannot be written.
    """
    marker = directory / DEFAULT_FILE
    if directory.exists() and (not directory.is_dir() or (any(directory.iterdir()) and not marker.is_file())):
        raise ConfigurationError(f"{directory} exists and is no demo workspace; name another folder with --dir")
    try:
        shutil.copytree(sample_folder(), directory, dirs_exist_ok=True, copy_function=shutil.copyfile)
    except (OSError, shutil.Error) as error:
        raise ConfigurationError(f"cannot write the demo workspace {directory}: {error}") from error
    return marker
