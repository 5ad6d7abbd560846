"""A real Elasticsearch of one or two nodes on 127.0.0.1, put together from its published jars.

The jars of the server and of its HTTP module are on Maven Central; a few lines of Java start a
node from them. Security is off, data is in a temporary folder, and every node ends with its test.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from support.needs import REPOSITORY, leave_out, need_binary

from elastic_mirror_policy._json import JsonValue

VERSION: Final = os.environ.get("TEST_ELASTICSEARCH_VERSION", "8.19.21")
"""The version that is tried; 9 needs Java 21."""

CACHE: Final = REPOSITORY / ".cache"
"""Where what was fetched is kept, in a folder for each version."""

HTTP_MODULE: Final = "transport-netty4"
_JARS: Final = (
    ("org.elasticsearch", "elasticsearch", "lib"),
    ("org.elasticsearch.plugin", HTTP_MODULE, f"modules/{HTTP_MODULE}"),
)
_SECONDS: Final = 90
_LARGEST_LOG: Final = 2000

_PROJECT: Final = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>{name}-jars</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>
    </dependency>
  </dependencies>
</project>
"""
_STARTER: Final = """\
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** Arguments: the home folder, then settings as name=value. */
class Starter {
  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    LogConfigurator.configureESLogging();
    Settings.Builder settings = Settings.builder().put("path.home", home);
    for (int i = 1; i < arguments.length; i++) {
      int equals = arguments[i].indexOf('=');
      settings.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
    }
    var environment = InternalSettingsPreparer.prepareEnvironment(
        settings.build(), Map.of(), home.resolve("config"), () -> "node");
    var modules = PluginsLoader.loadModulesBundles(home.resolve("modules")MORE);
    var loader = PluginsLoader.createPluginsLoader(modules, Set.of(), Map.of(), false);
    new Node(environment, loader).start();
    Thread.currentThread().join();
  }
}
"""


def need_engine(cache: Path) -> Path:
    """Return the folder of an Elasticsearch that can be started, fetched on first use.

    Args:
        cache: Where it is kept; one folder per version.
    """
    java, maven = (
        need_binary("java", package="default-jre-headless"),
        need_binary("mvn", package="maven"),
    )
    wanted = 17 if VERSION.startswith("8.") else 21
    found = _java_version(java)
    if found < wanted:
        leave_out(f"Elasticsearch {VERSION} needs Java {wanted}, this is {found}")
    engine = cache / f"elasticsearch-{VERSION}"
    if not (engine / "Starter.java").exists():
        _fetch(engine, maven)
    return engine


def _java_version(java: str) -> int:
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', said)
    return int(number[1]) if number else 0


def _fetch(engine: Path, maven: str) -> None:
    """Have Maven copy the jars; the starter comes last and says that all are there."""
    for group, name, folder in _JARS:
        target = engine / folder
        target.mkdir(parents=True, exist_ok=True)
        project = engine / f"{name}.xml"
        project.write_text(_PROJECT.format(group=group, name=name, version=VERSION))
        command = [maven, "-q", "-B", "-f", str(project), "dependency:copy-dependencies"]
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={target}"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            leave_out(f"Maven cannot fetch {name} {VERSION}: {done.stdout[-300:]}")
    module = engine / "modules" / HTTP_MODULE
    for jar in module.glob("*.jar"):
        if (engine / "lib" / jar.name).exists():
            jar.unlink()  # a class that is there twice is refused
    _describe(module)
    (engine / "lib" / "log4j2.properties").write_text("rootLogger.level = warn\n")
    more = ", false" if VERSION.startswith("9.") else ""
    (engine / "Starter.java").write_text(_STARTER.replace("MORE", more))


def _describe(module: Path) -> None:
    """Write the module's descriptor; its jar is a plain one, without a Java module's name."""
    (jar,) = module.glob(f"{HTTP_MODULE}-*.jar")
    name = "plugin-descriptor.properties"
    with zipfile.ZipFile(jar) as archive:
        text = archive.read(f"META-INF/es-plugins/{HTTP_MODULE}/{name}").decode()
    (module / name).write_text(re.sub(r"(?m)^modulename=.*$", "modulename=", text))


@dataclass(frozen=True, slots=True)
class Node:
    """A node that runs.

    Attributes:
        url: Where it is asked.
        inner: Where other nodes of its cluster reach it.
        process: The process.
        log: What it has printed.
    """

    url: str
    inner: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def ask(self, method: str, path: str, body: JsonValue | bytes = None) -> JsonValue:
        """Return the answer to one request; bytes are sent as lines of JSON."""
        data = (
            body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        )
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(  # noqa: S310 - on 127.0.0.1
            f"{self.url}{path}", data, {"Content-Type": kind}, method=method
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            return json.loads(answer.read() or b"null")

    def bulk(self, index: str, documents: Sequence[JsonValue]) -> None:
        """Store documents in an index, to be found when this returns."""
        lines = [line for one in documents for line in ('{"create":{}}', json.dumps(one))]
        answer = self.ask(
            "POST", f"/{index}/_bulk?refresh=true", ("\n".join(lines) + "\n").encode()
        )
        assert not answer["errors"], answer

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def running(
    engine: Path, home: Path, settings: Mapping[str, str] | None = None, *, heap: str = "384m"
) -> Iterator[Node]:
    """Run one node, and end it afterwards.

    Args:
        engine: What `need_engine` returned.
        home: An empty folder for its data.
        settings: Its settings beyond the address.
        heap: Memory for its objects.
    """
    for name in ("config", "plugins"):
        (home / name).mkdir(parents=True)
    (home / "modules").symlink_to(engine / "modules")
    port, inner = _free_ports()
    chosen = {
        "cluster.name": "test",
        "node.name": home.name,
        "network.host": "127.0.0.1",
        "http.port": str(port),
        "transport.port": str(inner),
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        **(settings or {"discovery.type": "single-node"}),
    }
    command = [
        *("java", f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1"),
        *("-cp", f"{engine / 'lib'}{os.pathsep}{engine / 'lib'}/*", str(engine / "Starter.java")),
        *(str(home), *(f"{name}={value}" for name, value in chosen.items())),
    ]
    log = home / "log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        node = Node(f"http://127.0.0.1:{port}", inner, process, log)
        try:
            _wait(node, "/_cluster/health")
            yield node
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait()
            shutil.rmtree(home / "data", ignore_errors=True)


def _wait(node: Node, path: str) -> None:
    """Ask until the node answers; it takes some seconds to start."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and node.process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.HTTPError):
            node.ask("GET", path)
            return
        time.sleep(0.1)
    raise RuntimeError(f"Elasticsearch did not start: {node.log.read_text()[-_LARGEST_LOG:]}")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


if __name__ == "__main__":  # fetches it, so that the tests need no network
    with contextlib.suppress(pytest.skip.Exception):
        need_engine(CACHE)
