"""The tour of `demo`, and the servers that it keeps running."""

import contextlib
import os
import shlex
import signal
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from elastic_mirror_policy._cli.output import FAILED, OK, show
from elastic_mirror_policy._cli.session import say
from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana
from elastic_mirror_policy.testing.artifact_server import ETagStyle

NAME = "elastic-mirror-policy"
TICK = 3.0
"""Seconds between two looks of the agents at their policies."""
WHAT_NEXT = f"""# That was all
Nothing real was touched: Kibana, mirror and agents ran in this process, and
are gone.

To play with them:
  {NAME} demo --serve
To look at your own Kibana:
  export KIBANA_URL=... KIBANA_API_KEY=...
  {NAME} doctor
To see what would change:
  {NAME} plan --base-url https://mirror.corp"""
ENVIRONMENT = ("KIBANA_", "ELASTICSEARCH_")


def run_demo(*, serve: bool, port: int) -> int:
    """Show the tour, or keep its servers running; return the exit code."""
    kibana = FakeKibana.example()
    with FakeArtifactServer.example(kibana.version) as upstream:
        if serve:
            return keep_serving(kibana, port, upstream)
        with kibana, tempfile.TemporaryDirectory() as folder, own_environment(kibana, folder):
            went_well = all([*tour(upstream, kibana.version)])
    show(WHAT_NEXT)
    return OK if went_well else FAILED


def keep_serving(kibana: FakeKibana, port: int, upstream: FakeArtifactServer) -> int:
    """Serve until somebody asks to stop; return the exit code."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=done.set).start())
    with kibana.serve(port=port), living_agents(kibana, upstream):
        show(f"export KIBANA_URL={kibana.url}")
        show(f"export KIBANA_API_KEY={kibana.api_key}")
        say(f"A mirror for this Kibana's agents: {upstream.url}")
        say(f"Try: {NAME} doctor")
        say(f"Try: {NAME} plan --base-url {upstream.url}")
        say("Ctrl-C ends it.")
        done.wait()
    return OK


@contextlib.contextmanager
def living_agents(kibana: FakeKibana, mirror: FakeArtifactServer) -> Iterator[None]:
    """Let the agents take policies and artifacts every few seconds, for the time of the block."""
    over = threading.Event()

    def live() -> None:
        while not over.wait(TICK):
            kibana.set_clock(datetime.now(UTC) - timedelta(minutes=1))
            kibana.tick()
            kibana.fetch_artifacts(mirror)

    kibana.set_clock(datetime.now(UTC))
    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def own_environment(kibana: FakeKibana, folder: str) -> Iterator[None]:
    """Point the commands at the made-up Kibana and an empty folder, for the time of the block."""
    before, here = dict(os.environ), Path.cwd()
    for name in before:
        if name.startswith(ENVIRONMENT):
            del os.environ[name]
    os.environ |= {"KIBANA_URL": kibana.url, "KIBANA_API_KEY": kibana.api_key}
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ |= before


def tour(upstream: FakeArtifactServer, version: str) -> Iterator[bool]:
    """Yield for each step whether it ended as expected."""
    fill = f"mirror sync mirror --endpoint-version {version} --upstream {upstream.url}"
    yield step("Fill a mirror", fill, OK)
    with FakeArtifactServer.of_folder("mirror") as mirror:
        yield step("Prove that it serves", f"mirror check {mirror.url} --fleet", OK)
        yield step("Look at the plan", f"plan --base-url {mirror.url}", 2)
        yield step(
            "Write it, with a journal",
            f"apply --base-url {mirror.url} --expect-policies 6 --yes --journal demo.journal",
            OK,
        )
        yield step("Write it again: nothing to do", f"apply --base-url {mirror.url} --yes", OK)
    with FakeArtifactServer.of_folder("mirror") as bad:
        bad.etag_style = ETagStyle.DASHED
        yield step("A mirror goes bad", f"mirror check {bad.url} --fleet --fast", 2)
        yield step("So no policy follows it", f"plan --base-url {bad.url}", 2)
    yield step("Take it back", "rollback demo.journal --yes --journal undo.journal", OK)


def step(title: str, line: str, expected: int) -> bool:
    """Show one command and its output; return whether it ended as expected."""
    from elastic_mirror_policy._cli import run

    show(f"# {title}\n$ {NAME} {line}")
    code = run(shlex.split(line))
    show(f"(exit code {code})")
    show("")
    return code == expected
