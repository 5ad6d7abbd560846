"""Developer commands; a plain `nox` runs what CI runs.

`nox -l` lists them. What follows `--` goes to the tool: `nox -s tests -- -k journal`.
"""

import re
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.stop_on_first_error = False
nox.options.sessions = ["lint", "tests", "tests_min", "examples", "galaxy", "docs", "package"]

PROJECT: Final = nox.project.load_toml("pyproject.toml")
OLDEST_PYTHON: Final = PROJECT["project"]["requires-python"].removeprefix(">=")
EXTRAS: Final[dict[str, list[str]]] = PROJECT["project"]["optional-dependencies"]
REQUIREMENTS: Final = (
    *PROJECT["project"]["dependencies"],
    *(requirement for extra in EXTRAS.values() for requirement in extra),
)
INSTALLED: Final = f".[{','.join(EXTRAS)}]"
COVERED: Final = ("unit", "property", "workflow", "contract", "cli", "meta")
"""Folders of tests that earn coverage: together they run every branch."""
UNCOVERED: Final = ("hostile", "reliability", "servers")
"""Folders of tests that run what the others cover, harder."""
OLDEST: Final = ("tests/unit", "tests/contract")
"""What is run with the oldest dependencies; every use of one of them is in there."""
WORKERS: Final = ("-n", "2", "--dist", "worksteal")
"""Two processes; ports come from the system and folders from `tmp_path`: nothing is shared."""
OFFLINE: Final = ("python", "tests/support/offline.py")
"""Runs what follows without a network, where that is allowed: in CI, and for root on Linux."""
QUICK: Final = {"HYPOTHESIS_PROFILE": "quick"}
"""Generated cases are the same in each run, and a fifth of them."""
NIGHTLY: Final = {"HYPOTHESIS_PROFILE": "nightly"}
"""Generated cases are random, and many."""


def group(*names: str) -> tuple[str, ...]:
    """Return the requirements of dependency groups; an old pip cannot read them itself."""
    return nox.project.dependency_groups(PROJECT, *names)


def install_product(session: nox.Session, *groups: str, constraint: Path | None = None) -> None:
    """Install the package as its users get it: built, not editable, with every extra."""
    constraints = ["-c", str(constraint)] if constraint else []
    session.install(*constraints, INSTALLED, *group(*groups))


def lower_bounds(requirements: tuple[str, ...]) -> str:
    """Return a constraints file that allows only the oldest version of each requirement."""
    found = [re.match(r"([A-Za-z0-9._-]+)\s*>=\s*([0-9.]+)", text) for text in requirements]
    return "".join(f"{match[1]}=={match[2]}\n" for match in found if match)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and every annotation, in the tests too."""
    session.install(*REQUIREMENTS, *group("lint", "types"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", *session.posargs)


@nox.session(default=False)
def fmt(session: nox.Session) -> None:
    """Format, and correct what can be corrected without thought."""
    session.install(*group("lint"))
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests over the installed package; the first half runs every branch."""
    install_product(session, "test")
    if session.posargs:
        run_tests(session, *session.posargs)
        return
    run_tests(session, *WORKERS, "--cov", "--cov-report=term-missing", *folders(*COVERED))
    run_tests(session, *WORKERS, *folders(*UNCOVERED))


@nox.session(default=False)
def quick(session: nox.Session) -> None:
    """Answer within 90 seconds: style, types of the package, tests of units and commands."""
    session.install("-e", INSTALLED, *group("lint", "types"))
    session.run("ruff", "check", ".")
    session.run("mypy", "elastic_mirror_policy")
    run_tests(session, *WORKERS, "-x", *(session.posargs or folders("unit", "cli", "meta")))


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """Run everything, with many random cases, the storm, the crash series and the memory tests."""
    install_product(session, "test")
    chosen = session.posargs or folders(*COVERED, *UNCOVERED)
    run_tests(session, *WORKERS, "-m", "", "--timeout=0", *chosen, env=NIGHTLY)


@nox.session(python=OLDEST_PYTHON)
def tests_min(session: nox.Session) -> None:
    """Run the tests of single modules with the oldest versions that are allowed."""
    constraint = Path(session.create_tmp()) / "oldest.txt"
    constraint.write_text(lower_bounds(REQUIREMENTS))
    install_product(session, "test", constraint=constraint)
    run_tests(session, *WORKERS, *(session.posargs or OLDEST))


@nox.session
def examples(session: nox.Session) -> None:
    """Run every example and the Ansible collection."""
    install_product(session, "test", "examples")
    chosen = session.posargs or folders("examples", "ansible")
    run_tests(session, *WORKERS, *chosen, env=wheels(session))


@nox.session
def galaxy(session: nox.Session) -> None:
    """Hold the collection to Ansible's own sanity tests, and to ansible-lint."""
    session.install(*group("galaxy"))
    session.run("python", "tests/support/collection_checks.py")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, without a single warning."""
    install_product(session, "docs")
    session.run("python", "docs/_ext/json_documents.py", "--check")
    session.run("sphinx-build", "-W", "-n", "--keep-going", "-q", "docs", "docs/_build/html")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what is promised; `-- --write` puts the figures into docs/performance.md."""
    install_product(session, "bench")
    chosen = () if any(one.startswith("tests/") for one in session.posargs) else folders("bench")
    session.run("pytest", "-s", "--timeout=0", *chosen, *session.posargs)


@nox.session(default=False)
def search(session: nox.Session) -> None:
    """Ask a real Elasticsearch what the product asks; Maven fetches it, Java 17 runs it."""
    install_product(session, "test")
    session.run("python", "-m", "support.search_engine", env={"PYTHONPATH": "tests"})
    run_tests(session, *(session.posargs or folders("search")))


@nox.session(default=False)
def mutate(session: nox.Session) -> None:
    """Change the code in every small way and count the changes that no test notices."""
    session.install("-e", INSTALLED, *group("mutate"))
    session.run("mutmut", "run", *session.posargs)
    session.run("mutmut", "results")


@nox.session
def package(session: nox.Session) -> None:
    """Build both distributions, look into them, install the wheel alone and run it."""
    session.install(*group("package"))
    with tempfile.TemporaryDirectory() as folder:
        dist = Path(folder, "dist")
        session.run("python", "-m", "build", "--outdir", str(dist))
        (wheel,) = dist.glob("*.whl")
        (sdist,) = dist.glob("*.tar.gz")
        check_wheel(session, wheel)
        check_sdist(session, sdist)
        check_installed(session, wheel, Path(folder, "venv"))


def wheels(session: nox.Session) -> dict[str, str]:
    """Collect what the README's `pip install` takes, and return what makes pip look only there."""
    folder = str(Path(session.create_tmp(), "wheels").absolute())
    wanted = (INSTALLED, *PROJECT["build-system"]["requires"])
    session.run("python", "-m", "pip", "wheel", "--quiet", "--wheel-dir", folder, *wanted)
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder}


def folders(*names: str) -> list[str]:
    """Return folders of tests by their names."""
    return [f"tests/{name}" for name in names]


def run_tests(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run pytest where no other host can be reached."""
    session.run(*OFFLINE, "pytest", *arguments, env={**QUICK, **(env or {})})


def check_wheel(session: nox.Session, wheel: Path) -> None:
    """Fail unless the wheel holds the package, its license and its marker, and nothing else."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    strangers = {top for top in tops if not top.startswith("elastic_mirror_policy")}
    if strangers:
        session.error(f"the wheel holds {sorted(strangers)} besides the package")
    require(session, wheel, names, "elastic_mirror_policy/py.typed")
    require(session, wheel, names, "licenses/LICENSE")
    require(session, wheel, names, "elastic_mirror_policy/testing/kibana.py")


def check_sdist(session: nox.Session, sdist: Path) -> None:
    """Fail unless the source distribution can be built and tested from."""
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    for wanted in ("README.md", "LICENSE", "pyproject.toml", "noxfile.py", "tests/conftest.py"):
        require(session, sdist, names, f"/{wanted}")


def require(session: nox.Session, archive: Path, names: list[str], ending: str) -> None:
    """Fail unless one of the names ends like this."""
    if not any(name.endswith(ending) for name in names):
        session.error(f"{archive.name} has no {ending}")


def check_installed(session: nox.Session, wheel: Path, venv: Path) -> None:
    """Install the wheel into an empty environment: without the extra, then with it."""
    session.run("python", "-m", "venv", str(venv))
    python, command = str(venv / "bin" / "python"), str(venv / "bin" / "elastic-mirror-policy")
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    session.run(*install, str(wheel), external=True)
    session.run(python, "-I", "-c", IMPORTED, external=True)
    session.run(command, "--help", external=True, success_codes=[1])
    session.run(*install, f"{wheel}[cli]", external=True)
    session.run(command, "--version", external=True)
    session.run(python, "-I", "-m", "elastic_mirror_policy", "demo", external=True)


IMPORTED: Final = "import elastic_mirror_policy as e; [getattr(e, name) for name in e.__all__]"
