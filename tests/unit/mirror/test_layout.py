"""A path from a manifest stays in the tree and is a file on Linux and on Windows."""

import pytest

from elastic_mirror_policy.errors import ManifestError
from elastic_mirror_policy.mirror.layout import (
    collisions,
    file_and_folder,
    manifest_path,
    manifest_version_of,
    tree_path,
    why_not,
)


@pytest.mark.parametrize(
    ("relative_url", "path"),
    [
        ("/downloads/endpoint/model/abc", "downloads/endpoint/model/abc"),
        ("/downloads/endpoint/a%20b", "downloads/endpoint/a b"),
        ("/downloads/endpoint/100%25", "downloads/endpoint/100%"),
        ("/downloads/endpoint/%C3%BC", "downloads/endpoint/ü"),
        ("/elsewhere/file", "elsewhere/file"),
        ("/downloads/endpoint/manifests/x", "downloads/endpoint/manifests/x"),
        ("/downloads/endpoint/console/comet", "downloads/endpoint/console/comet"),
    ],
)
def test_a_plain_path_becomes_a_file_below_the_tree(relative_url: str, path: str) -> None:
    """Percent-escapes are resolved, as a web server does."""
    assert tree_path(relative_url) == path
    assert why_not(path) == ""


@pytest.mark.parametrize(
    ("relative_url", "why"),
    [
        ("", "begin with a slash"),
        ("downloads/endpoint/x", "begin with a slash"),
        ("https://evil.test/x", "begin with a slash"),
        ("@evil.test/x", "begin with a slash"),
        (".evil.test/x", "begin with a slash"),
        ("//evil.test/x", "another host"),
        ("/", "empty step"),
        ("/a//b", "empty step"),
        ("/a/", "empty step"),
        ("/../etc/passwd", "leaves the tree"),
        ("/a/../../b", "leaves the tree"),
        ("/a/./b", "leaves the tree"),
        ("/a/%2e%2e/b", "leaves the tree"),
        ("/a/%2E%2e/b", "leaves the tree"),
        ("/a%2fb", "escape"),
        ("/a%2F..%2Fb", "escape"),
        ("/a/..\\..\\b", "character"),
        ("/a/%5c..%5cb", "character"),
        ("/C:/windows", "character"),
        ("/a/b:stream", "character"),
        ("/a*", "character"),
        ("/a|b", "character"),
        ('/a"b', "character"),
        ("/a<b", "character"),
        ("/a%00b", "character"),
        ("/a\nb", "character"),
        ("/a\x1b[2Jb", "character"),
        ("/a\u202eb", "character"),
        ("/a\ud800b", "character"),
        ("/a%FFb", "character"),
        ("/a?b=1", "query"),
        ("/a%3fb", "character"),
        ("/a#b", "fragment"),
        ("/a%zz", "escape"),
        ("/a%4", "escape"),
        ("/.htaccess", "hidden"),
        ("/a/.git/config", "hidden"),
        ("/.elastic-mirror-policy/sync.json", "hidden"),
        ("/%2ehidden", "hidden"),
        ("/a/b.", "dot or a space"),
        ("/a /b", "dot or a space"),
        ("/a/con", "device"),
        ("/a/CON.txt", "device"),
        ("/nul/x", "device"),
        ("/a/LpT9", "device"),
        ("/a/com¹.bin", "device"),
        ("/a/aux .txt", "device"),
        ("/a/CONIN$", "device"),
        ("/" + "x" * 241, "240 bytes"),
        ("/" + "ü" * 121, "240 bytes"),
        ("/" + "a/" * 600 + "b", "1024 characters"),
        ("/downloads/endpoint/manifest/artifacts-9.1.3.zip", "folder of the manifests"),
        ("/Downloads/Endpoint/MANIFEST/x", "folder of the manifests"),
        ("/downloads/endpoint/manifest", "folder of the manifests"),
        ("/downloads/endpoint", "folder of the tree"),
        ("/DOWNLOADS", "folder of the tree"),
    ],
)
def test_a_path_that_may_not_be_written_is_refused(relative_url: str, why: str) -> None:
    """It leaves the tree, names another host, or is no file on Linux or Windows."""
    with pytest.raises(ManifestError) as caught:
        tree_path(relative_url)

    assert why in caught.value.message
    assert caught.value.message.isprintable()


def test_a_long_refused_path_is_shown_shortened() -> None:
    """A message stays one line that can be read."""
    with pytest.raises(ManifestError) as caught:
        tree_path("/" + "x" * 100_000)

    assert len(caught.value.message) < 400


def test_the_manifest_lies_where_endpoints_ask_for_it() -> None:
    """The path is the documented one."""
    assert manifest_path("9.1.3") == "downloads/endpoint/manifest/artifacts-9.1.3.zip"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("artifacts-9.1.3.zip", "9.1.3"),
        ("artifacts-9.0.0-beta1.zip", "9.0.0-beta1"),
        ("artifacts-9.1.3.zip.1", None),
        ("artifacts-latest.zip", None),
        ("9.1.3.zip", None),
        ("artifacts-9.1.3", None),
        (".artifacts-9.1.3.zip", None),
    ],
)
def test_a_file_name_tells_the_version(name: str, version: str | None) -> None:
    """What the documented script leaves beside the manifest is no manifest."""
    assert manifest_version_of(name) == version


def test_paths_that_differ_in_case_only_collide() -> None:
    """Windows and macOS would keep one of the two."""
    assert collisions(["a/B", "a/b", "c"]) == (("a/B", "a/b"),)


def test_two_spellings_of_one_character_collide() -> None:
    """A composed and a decomposed letter are one name on macOS."""
    assert len(collisions(["u\u0308", "\u00fc"])) == 1


def test_different_paths_do_not_collide() -> None:
    """The same path twice is one file."""
    assert collisions(["a/b", "a/c", "a/b"]) == ()


@pytest.mark.parametrize(
    ("paths", "both"),
    [
        (["a/b", "a/b/c"], "a/b"),
        (["a", "a/b/c"], "a"),
        (["a/b", "a/bc"], None),
        (["a/b", "a/c"], None),
    ],
)
def test_a_file_cannot_be_a_folder_too(paths: list[str], both: str | None) -> None:
    """A path below another path's file cannot be written."""
    assert file_and_folder(paths) == both
