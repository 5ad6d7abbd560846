"""Holds the Ansible collection to `ansible-test sanity` and to ansible-lint's production profile.

Both want the collection below a folder `ansible_collections`, and the first makes environments of
its own; it would fetch the program that installs pip into them, for which Python's own does.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import files
from pathlib import Path
from typing import Final

COLLECTION: Final = Path(__file__).resolve().parents[2] / "examples" / "ansible"
PIP_VERSION: Final = re.compile(r"pip='([0-9.]+)'")
INSTALL_PIP: Final = """\
import runpy
import sys

sys.argv = ["ensurepip", "--upgrade", "--default-pip"]
runpy.run_module("ensurepip", run_name="__main__")
"""


def pip_versions() -> list[str]:
    """Return the versions of pip that ansible-test would fetch an installer for."""
    sources = [
        Path(str(file.locate()))
        for file in files("ansible-core") or ()
        if file.name == "python_requirements.py"
    ]
    return [version for path in sources for version in PIP_VERSION.findall(path.read_text("utf-8"))]


def main() -> int:
    """Return 0 when both are content."""
    with tempfile.TemporaryDirectory() as folder:
        home, root = Path(folder, "home"), Path(folder, "found")
        cache = home / ".ansible" / "test" / "cache"
        cache.mkdir(parents=True)
        for version in pip_versions():
            cache.joinpath(f"get_pip_{version.replace('.', '_')}.py").write_text(INSTALL_PIP)
        collection = root / "ansible_collections" / "elastic_mirror" / "policy"
        shutil.copytree(COLLECTION, collection, ignore=shutil.ignore_patterns("__pycache__"))
        environment = {
            **os.environ,
            "HOME": str(home),
            "ANSIBLE_COLLECTIONS_PATH": f"{root}",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
        }
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        commands = (
            ("git", "init", "--quiet", "."),
            ("git", "add", "--all"),
            ("ansible-test", "sanity", "--requirements", "--python", python, "--color", "no"),
            ("ansible-lint", "--nocolor"),
        )
        ended = [subprocess.run(c, cwd=collection, env=environment, check=False) for c in commands]
    return int(any(one.returncode for one in ended))


if __name__ == "__main__":
    sys.exit(main())
