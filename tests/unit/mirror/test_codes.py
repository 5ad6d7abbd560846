"""Every code of a finding is documented, unique, and says what to do."""

from elastic_mirror_policy.mirror.codes import FindingCode, Severity


def test_every_code_is_documented() -> None:
    """Its meaning is one short sentence, or a question."""
    unfinished = [code for code in FindingCode if not code.meaning.endswith((".", "?"))]
    long = [code for code in FindingCode if len(code.meaning) > 100]

    assert (unfinished, long) == ([], [])


def test_every_code_is_spelled_as_its_name() -> None:
    """Whoever knows it from JSON finds it in Python."""
    assert [one for one in FindingCode if one.value != one.name.lower().replace("_", "-")] == []


def test_whatever_stops_endpoints_comes_with_what_to_do() -> None:
    """An operator is told in a sentence."""
    stopping = [one for one in FindingCode if one.severity in {Severity.ERROR, Severity.UNKNOWN}]

    assert [one for one in stopping if not one.hint.endswith(".")] == []


def test_codes_are_unique() -> None:
    """A code means one thing."""
    assert len({code.value for code in FindingCode}) == len(FindingCode.__members__)
