"""The table of policies, and what stands in its columns."""

from support.documents import defend_policy, policy_value
from support.golden import golden

from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.table import Policies


def test_one_column_holds_the_base_url_when_all_systems_agree() -> None:
    """The common case is one URL for each policy, or none."""
    same = {system: {"base_url": "https://mirror.corp"} for system in ("linux", "mac", "windows")}
    pinned = defend_policy("Pinned", agents=None)
    policy_value(pinned)["global_manifest_version"] = "2026-01-31"
    found = [defend_policy("Servers", settings=same, agents=1204), pinned]

    shown = Policies(DefendPolicy.from_document(item, space="lab") for item in found)

    assert str(shown) == golden(
        """
        2 policies: 1 https://mirror.corp, 1 not set

        name     space  agents   pin         base URL
        Servers  lab    1,204    latest      https://mirror.corp
        Pinned   lab    unknown  2026-01-31  (not set)
        """
    )


def test_a_long_url_is_named_alike_in_the_totals_and_in_the_table() -> None:
    """With its bracket closed."""
    url = "https://" + "long." * 50 + "corp"
    same = {system: {"base_url": url} for system in ("linux", "mac", "windows")}
    found = [defend_policy("A", settings=same), defend_policy("B")]

    (view,) = Policies(map(DefendPolicy.from_document, found)).views()
    (table,) = (section.table for section in view.sections)

    assert table is not None
    assert table.rows[0][-1].endswith(")")
    assert view.lead == f"2 policies: 1 {table.rows[0][-1]}, 1 not set"


def test_each_system_has_a_column_when_one_differs() -> None:
    """One policy with different URLs is enough to show them all; problems stand below."""
    odd = defend_policy("Odd", settings={"mac": {"base_url": "http://x"}, "linux": {"base_url": 7}})
    broken = defend_policy("Broken", inputs=[])
    found = [DefendPolicy.from_document(item) for item in (odd, broken)]

    assert str(Policies(found)) == golden(
        """
        2 policies: 1 different for each operating system, 1 cannot be edited

        name    space    agents  pin     linux base URL  mac base URL  windows base URL
        Odd     default  4       latest  7 (number)      http://x      (not set)
        Broken  default  4       latest  ?               ?             ?

        Cannot be edited:
          - Broken: Its first input is not of type 'endpoint'.
        """
    )


def test_no_policy_acts_on_a_terminal() -> None:
    """Name, space, pin, URL and problem are spelled out, and begin no line."""
    evil = "\x1b[2J\n"
    good = defend_policy(evil, settings={"mac": {"base_url": evil}})
    policy_value(good)["global_manifest_version"] = evil
    bad = DefendPolicy(
        id="x", name=evil, space=evil, version="", revision=1, pin=evil, problem=f"Bad {evil} news."
    )
    text = Policies([DefendPolicy.from_document(good, space=evil), bad]).to_text(width=200)
    cells = ["\\x1b[2J\\x0a"] * 2

    assert "\x1b" not in text
    assert [line.split()[:2] for line in text.splitlines()[3:5]] == [cells, cells]
    assert text.splitlines()[-1] == "  - \\x1b[2J\\x0a: Bad \\x1b[2J news."


def test_no_policies_are_an_empty_table() -> None:
    """There is a header and nothing below it."""
    assert str(Policies()) == "0 policies\n\nname  space  agents  pin  base URL\n"
