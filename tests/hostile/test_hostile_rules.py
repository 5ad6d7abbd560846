"""Whatever a file of rules holds: rules, or one short sentence in bounded time and memory."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cases import cases
from support.documents import defend_policy
from support.hostile_answers import Damaged, damaged
from support.hostile_toml import (
    LITERALS,
    ONE,
    WORST_RULES,
    Literal,
    mutations,
    soup,
    whole,
    written,
)
from support.mutations import Mutation, Nested, mutated
from support.pem import pem

from elastic_mirror_policy import ConfigurationError
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.plan.planning import make_plan
from elastic_mirror_policy.plan.rules import MirrorRules
from elastic_mirror_policy.policies.policy import DefendPolicy

LONGEST = 1500
POLICIES = [DefendPolicy.from_document(defend_policy(name)) for name in ("One", "EMEA 2", "Three")]
KIBANA = KibanaInfo("https://kibana.example", "9.4.2", ("default",))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for rules; the certificate that they name is beside it."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "ca.pem").write_text(pem())
    return folder / "rules.toml"


def error_of(file: Path, data: bytes) -> str:
    """Return why a file is refused; empty when its rules can be planned with."""
    file.write_bytes(data)
    try:
        rules = MirrorRules.from_toml(file)
    except ConfigurationError as exc:
        return str(exc)
    plan = make_plan(POLICIES, rules, KIBANA)
    assert plan.policies == len(POLICIES)
    assert str(plan)
    return ""


def assert_short(error: str) -> None:
    """Check that an error is one that can be read, and that can be written to a log."""
    assert len(error.encode()) <= LONGEST


def test_the_whole_rules_are_good(file: Path) -> None:
    """What the other tests change is the only thing that is wrong."""
    assert error_of(file, written(whole).encode()) == ""


@pytest.mark.timeout(600)
@cases(8)
@given(mutations)
@example([Mutation("replace", 0, Nested(300))])
def test_rules_with_anything_anywhere_are_read_or_refused(
    file: Path, changes: Sequence[Mutation]
) -> None:
    """Values of every kind, dates among them, in the place of every other."""
    text = written(mutated(whole, changes))

    assert_short(error_of(file, text.encode(errors="surrogatepass")))


@pytest.mark.parametrize("literal", LITERALS, ids=lambda literal: literal.text[:20])
@pytest.mark.parametrize("key", ["interval", "base_url", "name", "clear", "policies", "linux"])
def test_a_value_that_only_toml_has_is_read_or_refused(
    file: Path, key: str, literal: Literal
) -> None:
    """Under the keys that treat their values differently."""
    rule = {"proxy_disable": True, key: literal}

    assert_short(error_of(file, written({"rule": [rule]}).encode()))


@pytest.mark.timeout(600)
@cases(4)
@given(damaged)
def test_rules_that_were_damaged_are_read_or_refused(file: Path, how: Damaged) -> None:
    """Cut short at any place, or with some bytes changed."""
    data = how(written(whole).encode())

    assert_short(error_of(file, data if isinstance(data, bytes) else b""))


@pytest.mark.timeout(600)
@cases(4)
@given(soup | st.binary(max_size=60))
def test_what_is_hardly_toml_is_read_or_refused(file: Path, data: bytes) -> None:
    """Pieces of TOML in any order, and bytes that are none."""
    assert_short(error_of(file, data))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", WORST_RULES)
def test_the_worst_rules_are_refused(file: Path, name: str) -> None:
    """Shortly, and in no more time than a large file takes."""
    error = error_of(file, WORST_RULES[name])

    assert error
    assert_short(error)
    assert "secret" not in error


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"\0", b"x" * (1 << 20), b"", b"PRIVATE KEY"], ids=len
)
def test_a_certificate_that_is_none_is_refused(file: Path, data: bytes) -> None:
    """It would be stored in every policy."""
    (file.parent / "odd.pem").write_bytes(data)

    assert_short(error_of(file, ONE + b"ca_cert_file = 'odd.pem'\n"))
    assert error_of(file, ONE + b"ca_cert_file = 'odd.pem'\n")


def test_a_byte_order_mark_is_passed_over(file: Path) -> None:
    """Editors of Windows write one."""
    assert error_of(file, b"\xef\xbb\xbf" + ONE + b"frozen = true\r\n") == ""
