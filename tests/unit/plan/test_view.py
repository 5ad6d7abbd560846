"""A plan as text: identical changes once, everything counted, nothing unbounded."""

import hashlib
from dataclasses import replace

import pytest
from support.golden import golden
from support.plans import change, edit, plan

from elastic_mirror_policy.plan.change import KibanaInfo, Skipped, Unchanged
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.render import as_text

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_a_plan_shows_identical_changes_once() -> None:
    """The edits stand above the policies they apply to, the exceptions below."""
    everywhere = [edit(os=os) for os in ("linux", "mac", "windows")]
    found = plan(
        change("Laptops", *everywhere),
        change("Old", edit(before="http://old.corp"), *everywhere[1:], agents=3),
        change("Servers", *everywhere, agents=1200),
        unchanged=(Unchanged("id-done", "Done", "default"),),
    )

    assert found.to_text() == golden(
        f"""
        Plan: Kibana https://kibana.corp:5601, version 9.1.3, space default

          base_url (linux, mac, windows): (not set) -> https://mirror.corp
          applies to 2 policies (1,204 agents):
            Laptops (4 agents)
            Servers (1,200 agents)

          base_url (linux): http://old.corp -> https://mirror.corp
          base_url (mac, windows): (not set) -> https://mirror.corp
          applies to 1 policy (3 agents):
            Old (3 agents)

        4 policies: 3 to change, 1 unchanged, 0 skipped; 1,207 agents; digest {found.digest[:12]}
        """
    )


def test_a_plan_says_what_blocks_it_and_what_to_know() -> None:
    """Refusals, risks with their meaning, warnings, skipped policies and notes each have a part."""
    found = plan(
        change("A", edit(None, "https://mirror.corp"), risks=("clear",), warnings=("Plain http.",)),
        change("B", edit(None, "https://mirror.corp"), risks=("clear",), warnings=("Plain http.",)),
        change("C", edit(None, "https://mirror.corp"), risks=("pinned",), agents=None),
        skipped=(
            Skipped("id-D", "D", "It has no settings for mac at all."),
            Skipped("id-E", "E", "It is frozen.", intended=True),
        ),
        notes=("Two spaces could not be read.",),
        purpose="rollback",
    )
    text = as_text(found.views(Guards(max_policies=1, allow=frozenset({"clear"})).refusals(found)))

    assert text == golden(
        f"""
        Rollback plan: Kibana https://kibana.corp:5601, version 9.1.3, space default

          base_url (linux): https://mirror.corp -> (not set)
          applies to 3 policies (agents unknown):
            A (4 agents)
            B (4 agents)
            C

        Refused:
          - 3 policies would change, which is more than 1 (max-policies).
          - 1 of 3 changes carries the risk 'pinned' (protection updates are pinned to a
            date, which a plain mirror does not serve); accept it with --allow pinned.

        Risks, each to be accepted by name:
          - 2 policies: clear (a base URL is removed)
              A (4 agents)
              B (4 agents)
          - C: pinned (protection updates are pinned to a date, which a plain mirror
            does not serve)

        Warnings:
          - 2 policies: Plain http.
              A (4 agents)
              B (4 agents)

        Skipped:
          - D: It has no settings for mac at all.

        Left alone, as asked:
          - E: It is frozen.

        Notes:
          - Two spaces could not be read.

        5 policies: 3 to change, 0 unchanged, 2 skipped; agents unknown; digest {found.digest[:12]}
        """
    )


def test_a_plan_without_changes_says_so() -> None:
    """There is no empty block where the changes would be."""
    found = plan(unchanged=(Unchanged("id-a", "A", "default"),))

    assert found.to_text() == golden(
        f"""
        Plan: Kibana https://kibana.corp:5601, version 9.1.3, space default
        Nothing to change.

        1 policy: 0 to change, 1 unchanged, 0 skipped; 0 agents; digest {found.digest[:12]}
        """
    )


def test_spaces_are_named_when_there_are_several() -> None:
    """The same name in two spaces is two policies."""
    kibana = KibanaInfo("https://kibana.corp", "", tuple("abcdefg"))
    found = plan(
        change("S", space="a"),
        replace(change("S", space="b", agents=None), policy_id="id-S2"),
        skipped=(Skipped("id-x", "X", "It is odd.", "c"),),
        kibana=kibana,
    )
    text = found.to_text()

    assert "version unknown, spaces a, b, c, d, e and 2 more\n" in text
    assert "    S (space a, 4 agents)\n    S (space b)\n" in text
    assert "  - X (space c): It is odd.\n" in text


def test_two_spaces_are_several() -> None:
    """One more than one is enough to name them."""
    text = plan(change("A", space="a"), change("B", space="b")).to_text()

    assert "    A (space a, 4 agents)\n    B (space b, 4 agents)\n" in text


def test_a_warning_about_the_only_policy_names_it() -> None:
    """One policy is not "every policy"."""
    text = plan(change("A", warnings=("Plain http.",), risks=("clear",))).to_text()

    assert "Warnings:\n  - A (4 agents): Plain http.\n" in text
    assert "  - A (4 agents): clear (a base URL is removed)" in text


def test_nothing_that_was_read_acts_on_a_terminal() -> None:
    """Names, spaces, values, risks and sentences are spelled out wherever they stand."""
    evil = "\x1b[2J"
    found = plan(
        change(evil, edit(evil, evil + "1"), space=evil, warnings=(evil,), risks=(evil,)),
        change("B"),
        skipped=(Skipped("id-s", evil, evil, evil),),
        notes=(evil,),
        kibana=KibanaInfo(evil, evil, (evil, "b")),
    )
    text = as_text(found.views([evil]))

    assert evil not in text
    assert text.count("\\x1b[2J") == 18


def test_a_warning_about_every_policy_names_none() -> None:
    """What holds for all changes is counted, not listed again."""
    text = plan(*(change(name, warnings=("Plain http.",)) for name in "ABC")).to_text()

    assert "Warnings:\n  - 3 policies: Plain http.\n\n" in text


def test_a_certificate_is_shown_by_its_beginning_length_and_hash() -> None:
    """A value of several lines never takes several lines."""
    text = plan(change("S", edit(PEM, "/etc/ssl/ca.pem", key="ca_cert"))).to_text()
    digest = hashlib.sha256(PEM.encode()).hexdigest()[:12]

    assert (
        "  ca_cert (linux):\n"
        "      /etc/ssl/ca.pem\n"
        f"      -> -----BEGIN CERTIFICATE-----... ({len(PEM)} characters, sha256 {digest})\n"
    ) in text


@pytest.mark.parametrize(
    ("limit", "folded"),
    [(20, "    and 9,980 more\n"), (1, "    and 9,999 more\n"), (10_000, ""), (None, "")],
)
def test_long_lists_are_folded(limit: int | None, folded: str) -> None:
    """Only so many names are shown, and the rest is counted."""
    text = plan(*(change(f"policy {n}") for n in range(10_000))).to_text(limit=limit)
    shown = text.count("    policy ")

    assert shown == min(limit or 10_000, 10_000)
    assert text.count("more\n") == bool(folded)
    assert folded in text


def test_ten_thousand_different_policies_stay_readable() -> None:
    """However different the policies are, the text has a bound."""
    changes = (
        change(
            f"policy {n}",
            edit(before=f"https://old-{n}.corp"),
            warnings=(f"warning {n}",),
            risks=("pinned",),
        )
        for n in range(10_000)
    )
    skipped = tuple(Skipped(f"{n}", f"s{n}", f"reason {n}") for n in range(1000))
    text = plan(*changes, skipped=skipped).to_text()

    assert text.count("\n") < 200
    assert "and 9,980 more different changes, to 9,980 policies.\n" in text
    assert "  and 9,980 more\n" in text
    assert "  and 980 more\n" in text


SETTING = "  base_url (linux):"


@pytest.mark.parametrize(
    ("length", "lines"),
    [
        (47, "{setting} (not set) -> {url}"),
        (48, "{setting}\n      (not set) -> {url}"),
        (61, "{setting}\n      (not set) -> {url}"),
        (62, "{setting}\n      (not set)\n      -> {url}"),
    ],
)
def test_an_edit_takes_as_few_lines_as_80_columns_allow(length: int, lines: str) -> None:
    """A URL is never broken, so that it can be copied."""
    url = "https://mirror.corp/".ljust(length, "x")
    text = plan(change("A", edit(url))).to_text()

    assert f"\n\n{lines.format(setting=SETTING, url=url)}\n  applies to 1 policy" in text


def test_a_long_word_is_never_broken() -> None:
    """An address in a sentence can be copied as well, hyphens and all."""
    url = "https://" + "long-" * 15 + "mirror.corp"
    text = plan(change("A", warnings=(f"{url} is {url}",))).to_text()

    assert text.count(url) == 2


@pytest.mark.parametrize("name", ["x" * 500, "name " * 100, "\u540d" * 300])
def test_long_names_are_shortened_in_the_middle(name: str) -> None:
    """A long name keeps its beginning and its end, on one line."""
    lines = plan(change(name)).to_text().splitlines()
    shown = next(line.strip() for line in lines if line.startswith("    "))

    assert len(shown) < 80
    assert shown.startswith(name[:40])
    assert "..." in shown


def test_a_change_without_edits_is_still_listed() -> None:
    """A plan made by hand may hold one; it does not stop the others from being shown."""
    found = plan(change("Empty"), change("S"))
    object.__setattr__(found.changes[0], "edits", ())

    assert "Empty (4 agents)" in found.to_text()


def test_a_terminal_gets_the_totals_broken_between_words() -> None:
    """In a pipe they stay one line, whatever the width."""
    views = plan(change("A")).views()
    whole = as_text(views, width=40).splitlines()[-1]
    broken = as_text(views, width=40, one_line=False).splitlines()[-2:]

    assert len(whole) > 40
    assert " ".join(broken) == whole
    assert max(map(len, broken)) <= 40


def test_a_terminal_gets_the_heading_broken_between_words() -> None:
    """What goes on below is indented; in a pipe it stays one line."""
    views = plan(change("A")).views()
    whole = as_text(views, width=60).splitlines()[0]
    first, second = as_text(views, width=60, one_line=False).splitlines()[:2]

    assert whole == "Plan: Kibana https://kibana.corp:5601, version 9.1.3, space default"
    assert (first, second) == (whole.rpartition(" ")[0], "  default")
