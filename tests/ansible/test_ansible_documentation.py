"""What ansible-doc shows, and what the pages about Ansible show, is true and can be run."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.ansible_collection import module_file
from support.ansible_runs import COLLECTION, INFO, MODULE, Ansible
from support.needs import REPOSITORY
from support.snippets import FENCE

import elastic_mirror_policy
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.risks import Risk

MODULES = (MODULE, INFO)
PAGES = (COLLECTION / "README.md", REPOSITORY / "docs" / "how-to" / "ansible.md")


@pytest.fixture(scope="module")
def documentation(ansible: Ansible) -> dict[str, JsonValue]:
    """Return what ansible-doc says of both modules."""
    run = ansible.run("doc", "--json", *MODULES)
    assert run.returncode == 0, run.output
    found: dict[str, JsonValue] = json.loads(run.output)
    return found


def blocks(page: Path) -> list[JsonValue]:
    """Return the YAML blocks of a page."""
    fences = FENCE.finditer(page.read_text("utf-8"))
    return [yaml.safe_load(fence["body"]) for fence in fences if fence["language"] == "yaml"]


def argument_of(option: JsonValue) -> JsonValue:
    """Return the part of a documented option that Ansible checks."""
    parts = {
        key: option[key] for key in ("type", "elements", "choices", "default") if key in option
    }
    if option.get("required"):
        parts["required"] = True
    if "suboptions" in option:
        parts["options"] = {k: argument_of(v) for k, v in option["suboptions"].items()}
    return parts


def checked_part(argument: JsonValue) -> JsonValue:
    """Return an argument without what is not documented as a field of its own."""
    parts = {k: v for k, v in argument.items() if k not in {"no_log", "fallback"}}
    if "options" in parts:
        parts["options"] = {k: checked_part(v) for k, v in parts["options"].items()}
    return parts


def without_nothing(option: JsonValue) -> JsonValue:
    """Return a documented option without the defaults that ansible-doc adds where there is none."""
    kept = {k: v for k, v in option.items() if not (k == "default" and v is None)}
    if "options" in kept:
        kept["options"] = {k: without_nothing(v) for k, v in kept["options"].items()}
    return kept


@pytest.mark.parametrize("name", MODULES)
def test_every_option_is_documented_as_it_is_checked(
    documentation: dict[str, JsonValue], name: str
) -> None:
    """Names, types, choices and defaults of the documentation are those of the module."""
    documented = documentation[name]["doc"]["options"]
    arguments = module_file(name.rsplit(".", 1)[-1]).ARGUMENTS

    assert {k: without_nothing(argument_of(v)) for k, v in documented.items()} == {
        k: checked_part(v) for k, v in arguments.items()
    }


def test_every_risk_is_documented_with_what_it_means(documentation: dict[str, JsonValue]) -> None:
    """In the words of the product."""
    told = documentation[MODULE]["doc"]["options"]["allow"]["description"]

    assert told[1:] == [f"V({risk}): {risk.meaning}." for risk in Risk]


@pytest.mark.parametrize("name", MODULES)
def test_every_secret_is_kept_out_of_the_output(name: str) -> None:
    """Whatever is called key or password is `no_log`, except the key that verifies signatures."""
    arguments = module_file(name.rsplit(".", 1)[-1]).ARGUMENTS
    secret = {k for k in arguments if re.search(r"api_key|password|token", k)}

    assert secret
    assert all(arguments[option]["no_log"] is True for option in secret)


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_returns_is_documented_with_a_sample(
    documentation: dict[str, JsonValue], name: str
) -> None:
    """Each value has a type, a condition and an example."""
    returned = documentation[name]["return"]

    assert returned
    assert all({"type", "returned", "sample"} <= value.keys() for value in returned.values())


def test_the_documentation_is_there_to_be_read(ansible: Ansible) -> None:
    """The text has a synopsis, options, examples and return values for both modules."""
    run = ansible.run("doc", *MODULES)
    found = re.findall(r"^(OPTIONS|EXAMPLES|RETURN VALUES|REQUIREMENTS)", run.output, re.MULTILINE)

    assert run.returncode == 0, run.output
    assert Counter(found) == dict.fromkeys(
        ("OPTIONS", "EXAMPLES", "RETURN VALUES", "REQUIREMENTS"), 2
    )


def test_every_example_is_well_formed(
    ansible: Ansible, documentation: dict[str, JsonValue], tmp_path: Path
) -> None:
    """Ansible reads the examples of the modules and the plays of the pages."""
    files = []
    for number, play in enumerate(_plays(documentation)):
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_text(json.dumps(play), encoding="utf-8")
    run = ansible.run("playbook", "--syntax-check", *files)

    assert run.returncode == 0, run.output
    assert run.output.count("playbook: ") == len(files) == 6


def _plays(documentation: dict[str, JsonValue]) -> Iterator[JsonValue]:
    for name in MODULES:
        yield [{"hosts": "all", "tasks": yaml.safe_load(documentation[name]["examples"])}]
    for page in PAGES:
        yield from (block for block in blocks(page) if isinstance(block, list))


def test_the_tasks_of_the_pages_use_options_that_exist() -> None:
    """A misspelt option would otherwise show only when somebody runs it."""
    used = [
        (name, option)
        for page in PAGES
        for block in blocks(page)
        if isinstance(block, list)
        for task in block[0]["tasks"]
        for name in MODULES
        for option in task.get(name, {})
    ]
    known = {name: set(module_file(name.rsplit(".", 1)[-1]).ARGUMENTS) for name in MODULES}

    assert len(used) > 10
    assert [(name, option) for name, option in used if option not in known[name]] == []


def test_inventories_use_variables_that_exist() -> None:
    """Those of the page and of the collection are read by a playbook or by the role."""
    specs = yaml.safe_load((COLLECTION / "roles/mirror_host/meta/argument_specs.yml").read_text())
    play = (COLLECTION / "playbooks" / "set_mirror_everywhere.yml").read_text("utf-8")
    inventories = [block for block in blocks(PAGES[1]) if isinstance(block, dict)]
    inventories.append(yaml.safe_load((COLLECTION / "inventory" / "example.yml").read_text()))
    found = [group for inventory in inventories for group in inventory.values()]
    groups = [group for group in found if isinstance(group, dict) and "hosts" in group]
    hosts = [host for group in groups for host in group["hosts"].values()]
    used = {name for values in (*hosts, *(g.get("vars", {}) for g in groups)) for name in values}

    assert {n for n in used if n not in play} <= set(specs["argument_specs"]["main"]["options"])


def test_the_role_documents_the_defaults_it_has() -> None:
    """The specification and the defaults agree."""
    role = COLLECTION / "roles" / "mirror_host"
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text("utf-8"))
    options = specs["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text("utf-8"))
    plain = {k: v for k, v in defaults.items() if "{{" not in str(v)}

    assert {k: v["default"] for k, v in options.items() if "default" in v} == plain
    assert set(defaults) <= set(options)


def test_the_collection_has_the_version_of_the_package() -> None:
    """One release has one number."""
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text("utf-8"))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]

    assert galaxy["version"] == elastic_mirror_policy.__version__
    assert galaxy["license"] == [project["license"]]
    assert all(f"elastic_mirror-policy-{galaxy['version']}.tar.gz" in p.read_text() for p in PAGES)
