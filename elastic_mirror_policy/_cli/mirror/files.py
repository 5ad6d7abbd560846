"""Writing the files that a command makes."""

from collections.abc import Mapping
from pathlib import Path

from elastic_mirror_policy._cli.output import show
from elastic_mirror_policy._files import atomic_write
from elastic_mirror_policy.errors import ConfigurationError


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, which is made when it is not there.

    Raises:
        ConfigurationError: The folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            atomic_write(folder / name, text.encode())
    except OSError as exc:
        raise ConfigurationError(f"{folder} cannot be written: {exc.strerror}.") from exc
    show("\n".join(f"Wrote {folder / name}" for name in files))
