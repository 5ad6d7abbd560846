"""No path a manifest can name leaves the tree, whatever it is made of."""

import posixpath
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote, unquote

from hypothesis import example, given
from hypothesis import strategies as st

from elastic_mirror_policy.errors import ManifestError
from elastic_mirror_policy.mirror.layout import MANIFEST_FOLDER, collisions, tree_path, why_not

STEPS = st.one_of(
    st.sampled_from(
        [
            "..",
            ".",
            "",
            "%2e%2e",
            "%2E.",
            "a%2fb",
            "con",
            "NUL.txt",
            "a.",
            "a ",
            "C:",
            "\\..",
            "downloads",
            "endpoint",
            "manifest",
            ".git",
            "%00",
        ]
    ),
    st.text(st.characters(codec=None), max_size=8),
    st.text("ab%2.eE/\\:", max_size=8),
)
GOOD_STEPS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=5, max_size=12)
URLS = st.one_of(
    st.lists(GOOD_STEPS, min_size=1, max_size=4).map(lambda steps: "/" + "/".join(steps)),
    st.lists(GOOD_STEPS | STEPS, min_size=1, max_size=3).map(lambda steps: "/" + "/".join(steps)),
    st.lists(STEPS, max_size=6).map(lambda steps: "/" + "/".join(steps)),
    st.text(st.characters(codec=None), max_size=40),
)


def accepted(url: str) -> str | None:
    """The path of the file, or None when the URL is refused."""
    try:
        return tree_path(url)
    except ManifestError:
        return None


@given(URLS)
@example("/a/%2e%2e/%2e%2e/etc/passwd")
@example("//evil.test/x")
@example("/a\\..\\..\\b")
def test_an_accepted_path_stays_in_the_tree(url: str) -> None:
    """On Linux and on Windows, before and after a web server resolves escapes."""
    path = accepted(url)

    assert path is None or (
        posixpath.normpath(path) == path
        and not PurePosixPath(path).is_absolute()
        and ".." not in PurePosixPath(path).parts
        and ".." not in PureWindowsPath(path).parts
        and not PureWindowsPath(path).drive
        and not PureWindowsPath(path).is_reserved()
        and path == unquote(url[1:])
    )


@given(URLS)
def test_an_accepted_path_is_no_file_of_ours(url: str) -> None:
    """Neither a manifest nor anything hidden can be overwritten."""
    path = accepted(url)

    assert path is None or (
        not path.casefold().startswith(MANIFEST_FOLDER)
        and not any(step.startswith(".") for step in path.split("/"))
    )


@given(URLS)
def test_the_same_rules_hold_for_a_recorded_path(url: str) -> None:
    """What a manifest may name, a record or an index may name, and nothing else."""
    path = accepted(url)

    assert path is None or why_not(path) == ""


@given(st.lists(GOOD_STEPS, min_size=1, max_size=5))
def test_plain_paths_are_accepted(steps: list[str]) -> None:
    """Letters, digits and dashes are never refused."""
    url = "/downloads/endpoint/" + "/".join(["artifacts", *steps])

    assert tree_path(url) == url[1:]


@given(GOOD_STEPS, st.text(st.characters(codec="ascii"), min_size=1, max_size=12))
def test_escaping_more_than_needed_changes_nothing(step: str, text: str) -> None:
    """A path escaped and the same path plain are one file, or both are refused."""
    plain = f"{step}{text.replace('/', '')}{step}"

    assert (why_not(plain) == "") == (accepted("/" + quote(plain, safe="")) == plain)


@given(st.lists(st.text("aAbB/", min_size=1, max_size=5), max_size=8))
def test_what_does_not_collide_is_as_many_files_on_windows(paths: list[str]) -> None:
    """Without a collision, each path is a file of its own where case does not count."""
    different = set(paths)

    assert bool(collisions(paths)) == (len({p.lower() for p in different}) < len(different))
