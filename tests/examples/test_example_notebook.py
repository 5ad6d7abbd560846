"""`rollout.ipynb`: every cell runs in a real kernel, and what it shows is there."""

import importlib
import re
from dataclasses import dataclass
from typing import Final

import pytest
from support.example_runs import EXAMPLES
from support.needs import need_package

from elastic_mirror_policy._json import JsonValue, decode

NOTEBOOK: Final = EXAMPLES / "rollout.ipynb"
SECONDS_PER_CELL: Final = 120
HTML: Final = "text/html"
JUPYTER_FOLDERS: Final = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_PATH",
    "JUPYTER_RUNTIME_DIR",
)


@dataclass(frozen=True, slots=True)
class Run:
    """The notebook with what its cells showed, and the credential that was used in it."""

    notebook: JsonValue
    api_key: str


def committed() -> JsonValue:
    """Return the notebook as it is kept."""
    return decode(NOTEBOOK.read_bytes())


def code_cells(notebook: JsonValue) -> list[JsonValue]:
    """Return the cells that are run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(notebook: JsonValue, line: str) -> str:
    """Return all HTML that the cell with this line showed."""
    (cell,) = [c for c in code_cells(notebook) if line in "".join(c["source"])]
    return "".join("".join(output["data"][HTML]) for output in cell["outputs"])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the notebook in an empty folder, by a kernel of this Python."""
    for module in ("nbclient", "nbformat", "ipykernel"):
        need_package(module, requirement=module)
    nbclient, nbformat = map(importlib.import_module, ("nbclient", "nbformat"))
    folder = tmp_path_factory.mktemp("notebook")
    document = nbformat.read(NOTEBOOK, as_version=4)
    document.cells.append(nbformat.v4.new_code_cell("print(fake.api_key)"))
    resources = {"metadata": {"path": str(folder)}}
    with pytest.MonkeyPatch.context() as patch:
        for name in JUPYTER_FOLDERS:
            patch.setenv(name, str(folder / name.lower()))
        nbclient.NotebookClient(
            document, timeout=SECONDS_PER_CELL, kernel_name="python3", resources=resources
        ).execute()
    notebook = decode(nbformat.writes(document).encode())
    added = notebook["cells"].pop()
    return Run(notebook, "".join(added["outputs"][0]["text"]).strip())


def test_the_committed_notebook_has_no_outputs() -> None:
    """What was shown once, somewhere, is not part of the project."""
    cells = code_cells(committed())

    assert cells
    assert [cell["id"] for cell in cells if cell["outputs"]] == []
    assert [cell["id"] for cell in cells if cell["execution_count"] is not None] == []


def test_the_committed_notebook_names_no_kernel_of_one_machine() -> None:
    """Any Python 3 kernel can run it."""
    metadata = committed()["metadata"]

    assert metadata["kernelspec"]["name"] == "python3"
    assert "version" not in metadata["language_info"]


def test_every_cell_runs_without_error(run: Run) -> None:
    """In their order; an error would have ended the run, and a warning is text on stderr."""
    cells = code_cells(run.notebook)
    outputs = [output for cell in cells for output in cell["outputs"]]

    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert [o for o in outputs if o["output_type"] in {"error", "stream"}] == []


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("kibana.policies()", ("<table", "6 policies: 5 not set", "EMEA Paris servers")),
        ("\nplan", ("<table", "base_url", "APAC 東京 workstations", "http://127.0.0.1:")),
        ("\nreport", ("<table", "6 succeeded", "0 failed", "<svg", "By wave")),
        ("\nendpoints", ("<table", "APAC 東京 workstations", "<svg", "By operating system")),
        ("\nundo", ("<table", "base_url", "(not set)")),
        ("kibana.apply(undo", ("<table", "6 succeeded")),
    ],
    ids=["policies", "plan", "report", "endpoints", "undo", "undo report"],
)
def test_a_cell_shows_its_value_as_html(run: Run, line: str, parts: tuple[str, ...]) -> None:
    """Plans and reports are tables in a notebook."""
    html = shown(run.notebook, line)

    assert [part for part in parts if part not in html] == []


@pytest.mark.parametrize("line", ["progress=CellProgress(len(plan))", "CellProgress(len(undo))"])
def test_the_progress_is_at_its_end_in_one_bar(run: Run, line: str) -> None:
    """The bar was replaced as the policies were written."""
    bars = re.findall(r"<progress.*?policies[^<]*", shown(run.notebook, line))

    assert bars == ['<progress value="6" max="6"></progress> 6 of 6 policies']


def test_no_credential_is_shown(run: Run) -> None:
    """Notebooks are passed on with what they show."""
    assert len(run.api_key) > 8
    assert run.api_key not in str(run.notebook)
