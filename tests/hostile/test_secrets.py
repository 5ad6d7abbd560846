"""A credential is in nothing that the library gives, says, logs or writes.

Whatever kind of credential it is, and whatever a server does with the one that it was sent.
"""

import base64
import contextlib
import copy
import io
import itertools
import logging
import os
import pickle
import re
import stat
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from support.canaries import (
    ECHOED,
    Canary,
    Gate,
    key_canary,
    leaks,
    locals_of,
    objects_below,
    password_canary,
    shown_by,
    spellings,
    written_in,
)
from support.hostile_stack import MIRROR, SEARCH, HostileStack, new_stack
from support.memory_http import Raw, all_http, answer, answer_as_it_is
from support.rollouts import INTENT, Naps
from support.sources import tracked_files

from elastic_mirror_policy import (
    ArtifactSettings,
    ConfigurationError,
    Journal,
    Kibana,
    MirrorPolicyError,
    MirrorSettings,
    Report,
    check_mirror,
)
from elastic_mirror_policy._cli.environment import Environment
from elastic_mirror_policy._fleet.connect import Credentials
from elastic_mirror_policy._http.auth import parts_of_key
from elastic_mirror_policy.endpoints.search import SearchClient
from elastic_mirror_policy.reader import KibanaReader

HOST: Final = "kibana.example"
CANARIES: Final[Mapping[str, Canary]] = {
    "id:key": key_canary("canary-id-1", "Zr81-k9canary>>secret??Qx", encoded=False),
    "encoded key": key_canary("canary-id-2", "Uw40-b7canary>>secret??Ty", encoded=True),
    "password": password_canary("operator", 'c\u00e4nary "7f3/\u00e4+9%1\\&p\u00e4ss<word>'),
}
SEARCH_CANARIES: Final[Mapping[str, Canary]] = {
    "id:key": key_canary(
        "canary-id-3", "Hn52-searchcanary>>??Lm", encoded=False, option="elasticsearch_api_key"
    ),
    "encoded key": key_canary(
        "canary-id-4", "Ge63-searchcanary>>??Rv", encoded=True, option="elasticsearch_api_key"
    ),
}
PRODUCT: Final = {"X-Elastic-Product": "Elasticsearch"}


def header(text: str) -> str:
    """Return a text that goes out in UTF-8 when it is a header."""
    return text.encode().decode("latin-1")


Echo = Callable[[str], Raw]
"""Makes an answer of what was sent."""

ECHOES: Final[Mapping[str, Echo]] = {
    "400 with a message": lambda text: answer(b'{"message": "%s"}' % text.encode(), 400),
    "401 of Elasticsearch": lambda text: answer(
        b'{"error": {"type": "x", "reason": "no %s", "root_cause": []}}' % text.encode(), 401
    ),
    "403 of Elasticsearch with a cause": lambda text: answer(
        b'{"error": {"root_cause": [{"type": "%s", "reason": "no"}]}}' % text.encode(), 403
    ),
    "400 with keys": lambda text: answer(
        b'{"error": {"%s": 1}, "%s": 2}' % ((text.encode(),) * 2), 400
    ),
    "409": lambda text: answer(b'{"message": "version conflict, %s"}' % text.encode(), 409),
    "400 with a page": lambda text: answer(b"<b>" + text.encode(), 400),
    "500 in Latin-1": lambda text: answer(b"so: " + text.encode("latin-1", "replace"), 500),
    "503 in UTF-16": lambda text: answer(text.encode("utf-16"), 503),
    "200 as a page": lambda text: answer(b"<html>" + text.encode(), 200, PRODUCT),
    "200 as text": lambda text: answer(
        text.encode(), 200, {**PRODUCT, "Content-Type": "text/plain"}
    ),
    "200 cut short": lambda text: answer(b'{"a": "' + text.encode(), 200, PRODUCT),
    "200 with other keys": lambda text: answer(
        b'{"%s": 1, "item": 7}' % text.encode(), 200, PRODUCT
    ),
    "200 with a version": lambda text: answer(
        b'{"version": {"number": "%s"}}' % text.encode(), 200, PRODUCT
    ),
    "200 with a warning": lambda text: answer(
        b"{}", 200, {**PRODUCT, "Warning": f'299 Elasticsearch-9 "{text}"'}
    ),
    "another warning": lambda text: answer(b"{}", 200, {**PRODUCT, "Warning": text}),
    "a redirect": lambda text: answer(b"", 302, {"Location": f"https://x/{header(text)}"}),
    "a redirect with user and password": lambda text: answer(
        b"", 307, {"Location": f"https://me:{header(text)}@{HOST}/"}
    ),
    "a challenge": lambda text: answer(b"", 401, {"WWW-Authenticate": f'Basic realm="{text}"'}),
    "a status line": lambda text: answer_as_it_is(b"", 200, {}).replace(
        b" x", b" " + text.encode()
    ),
    "no status line": lambda text: text.encode() + b"\r\n\r\n",
    "a version of HTTP": lambda text: b"HTTP/" + text.encode() + b" 200 OK\r\n\r\n",
    "headers that cannot be read": lambda text: (
        f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno colon {text}\r\nX: {text}\r\n\r\n{{}}".encode()
    ),
    "a length": lambda text: answer_as_it_is(b"{}", 200, {"Content-Length": f"1, {text}"}),
    "a chunk": lambda text: (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{text}\r\n{{}}\r\n".encode()
    ),
    "an encoding": lambda text: answer(b"{}", 200, {"Content-Encoding": f"gzip, {text}"}),
    "a time to wait": lambda text: answer(b"", 429, {"Retry-After": text}),
    "an error of the line": lambda text: ConnectionResetError(104, f"reset, was {text}"),
}

Operation = Callable[["World", Kibana], object]


@dataclass
class World:
    """A stack behind a gate that knows the canaries, and everything that was said.

    Attributes:
        stack: Kibana, Elasticsearch and mirror.
        canary: Kibana's credential.
        search: Elasticsearch's.
        folder: An empty folder.
        gate: What the requests go through.
        texts: What was shown so far.
        locals: Local values of all frames of errors.
    """

    stack: HostileStack
    canary: Canary
    search: Canary
    folder: Path
    gate: Gate = field(init=False)
    texts: list[str] = field(default_factory=list)
    locals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put the gate before the stack."""
        search = self.stack.search.api_key
        self.gate = Gate(
            self.stack,
            {
                HOST: (self.canary.header, f"ApiKey {self.stack.fake.api_key}"),
                "search.example": (self.search.header, f"ApiKey {search}"),
            },
        )

    def client(self) -> Kibana:
        """Return a client that has the canary."""
        return Kibana(f"http://{HOST}", sleep=Naps(), **self.canary.options)

    def do(self, operation: Operation) -> object:
        """Carry out an operation, and keep what it gives or raises."""
        with self.client() as kibana:
            try:
                found = operation(self, kibana)
            except MirrorPolicyError as exc:
                found = exc
                self.locals += locals_of(exc)
            self.texts += [*shown_by(kibana), *shown_by(found)]
        return found

    @property
    def canaries(self) -> tuple[Canary, Canary]:
        """Both credentials."""
        return self.canary, self.search


def look(world: World, kibana: Kibana) -> object:
    """Look at the endpoints, through Elasticsearch."""
    now = lambda: world.stack.fake.now  # noqa: E731 - a clock
    key = world.search.options["elasticsearch_api_key"]
    return kibana.endpoints(elasticsearch_url=SEARCH, elasticsearch_api_key=key, now=now)


def roll_out(world: World, kibana: Kibana) -> object:
    """Write; what is read for the plan is answered properly."""
    tampering, world.stack.tampering = world.stack.tampering, None
    plan = kibana.plan(MirrorSettings.everywhere("https://new.example"), check_mirror=False)
    world.texts += shown_by(plan)
    world.stack.tampering = tampering
    return kibana.apply(plan, journal=world.folder / "a.journal")


def take_back(world: World, kibana: Kibana) -> object:
    """Write, and take it back."""
    report = roll_out(world, kibana)
    world.texts += shown_by(report)
    plan = kibana.plan_rollback(world.folder / "a.journal")
    world.texts += shown_by(plan)
    return kibana.apply(plan, journal=world.folder / "b.journal")


OPERATIONS: Final[Mapping[str, Operation]] = {
    "version": lambda _, kibana: kibana.version,
    "policies": lambda _, kibana: kibana.policies(),
    "plan": lambda _, kibana: kibana.plan(MirrorSettings.everywhere(MIRROR)),
    "doctor": lambda _, kibana: [check.to_dict() for check in kibana.examine()],
    "endpoints": lambda world, kibana: kibana.endpoints(now=lambda: world.stack.fake.now),
    "elasticsearch": look,
    "roll out": roll_out,
    "take back": take_back,
}
ASKING: Final = ("version", "policies", "doctor", "elasticsearch")
"""Operations that ask in every way there is; more of them would only take longer."""

QUOTING: Final = ("400 with a page", "200 as a page", "a redirect", "no status line")
"""Answers of which a part is shown."""

RESULTS: Final = ("version", "policies", "plan", "endpoints", "elasticsearch", "take back")


@pytest.fixture(scope="module")
def stack() -> HostileStack:
    """One stack for all tests in which nothing is written, for it takes a while to make."""
    return new_stack()


@pytest.fixture(params=CANARIES)
def canary(request: pytest.FixtureRequest) -> Canary:
    """Every kind of credential for Kibana."""
    return CANARIES[request.param]


def search_for(canary: Canary) -> Canary:
    """Return a credential for Elasticsearch, of the same kind where there is one."""
    encoded = canary.options.get("api_key", "").isalnum()
    return SEARCH_CANARIES["encoded key" if encoded else "id:key"]


@pytest.fixture
def world(canary: Canary, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[World]:
    """A world whose logs, warnings, output and files are among what was said when it ends."""
    yield from watched(World(new_stack(), canary, search_for(canary), tmp_path), capfd)


@pytest.fixture
def echoing(
    stack: HostileStack, canary: Canary, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Iterator[World]:
    """The same, for many answers."""
    stack.begin_anew()
    yield from watched(World(stack, canary, search_for(canary), tmp_path), capfd)


@contextlib.contextmanager
def whole_log() -> Iterator[io.StringIO]:
    """Give what every logger says, at its most talkative and with what it was given."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(msg)r %(args)r"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def watched(made: World, capfd: pytest.CaptureFixture[str]) -> Iterator[World]:
    """Give a world; what was said besides is checked when it ends."""
    with whole_log() as log, warnings.catch_warnings(record=True) as caught, all_http(made.gate):
        warnings.simplefilter("always")
        yield made
    made.texts += [log.getvalue(), *(str(one.message) for one in caught)]
    made.texts += [*capfd.readouterr(), *written_in(made.folder)]

    assert not made.gate.asked or "urllib3.connectionpool" in log.getvalue()
    assert leaks(made.canaries, made.texts) == []


def echo_of(echo: Echo, canary: Canary) -> Callable[[bytes], Raw]:
    """Return an answer that repeats a credential in every spelling."""
    texts = [spellings(secret.rstrip("="))[n] for n in ECHOED for secret in canary.secrets]
    return lambda _: echo(" ".join(texts))


@pytest.mark.parametrize("operation", RESULTS)
def test_what_goes_well_shows_no_credential(world: World, operation: str) -> None:
    """Neither result nor log, journal or pickle, although it was used."""
    found = world.do(OPERATIONS[operation])
    sent = {asked.headers.get("authorization") for asked in world.gate.asked}

    assert not isinstance(found, MirrorPolicyError)
    assert world.canary.header in sent
    assert (world.search.header in sent) == (operation == "elasticsearch")


@pytest.mark.parametrize("operation", ASKING)
@pytest.mark.parametrize("echo", ECHOES)
def test_a_server_that_echoes_a_credential_does_not_get_it_shown(
    echoing: World, echo: str, operation: str
) -> None:
    """In the body, the headers or what should have been a status line, well formed or not."""
    own = echoing.search if operation == "elasticsearch" else echoing.canary
    echoing.stack.tampering = echo_of(ECHOES[echo], own)
    echoing.stack.count = 10**6
    echoing.stack.only = {"elasticsearch": "_search", "policies": "policies?"}.get(operation, "")
    echoing.do(OPERATIONS[operation])
    answered = [asked.headers["authorization"] for asked in echoing.gate.asked]

    assert echoing.stack.matching
    assert answered[-1] == own.header


@pytest.mark.parametrize("echo", ECHOES)
def test_a_write_that_is_answered_by_an_echo_does_not_store_it(world: World, echo: str) -> None:
    """Neither the journal nor the report; what is read after it is answered like that as well."""
    world.stack.tampering = echo_of(ECHOES[echo], world.canary)
    world.stack.count = 10**6
    world.stack.only = world.stack.fake.policy_ids[0]
    found = world.do(OPERATIONS["roll out"])
    journal = Journal.read(world.folder / "a.journal")
    world.texts += shown_by(journal)

    assert isinstance(found, Report)
    assert world.stack.matching
    assert [outcome.error for outcome in found.outcomes if outcome.error]


def test_a_password_that_looks_like_a_key_of_json_is_not_named(
    stack: HostileStack, tmp_path: Path
) -> None:
    """An answer of another shape is described by the keys that are known."""
    canary = password_canary("operator", "CanaryOfLetters")
    stack.begin_anew()
    stack.tampering = lambda _: answer(b'{"CanaryOfLetters": 1, "message": 2}')
    stack.count, stack.only = 10**6, "policies?"
    world = World(stack, canary, search_for(canary), tmp_path)
    with all_http(world.gate):
        found = world.do(OPERATIONS["policies"])

    assert "an object with message" in str(found)
    assert leaks([canary], world.texts) == []


@pytest.mark.parametrize("number", ECHOED)
@pytest.mark.parametrize("echo", QUOTING)
def test_each_spelling_of_a_credential_is_found(echoing: World, echo: str, number: int) -> None:
    """At the very beginning of what is quoted, where nothing is cut off."""
    texts = [spellings(secret.rstrip("="))[number] for secret in echoing.canary.secrets]
    answers = itertools.cycle([ECHOES[echo](text) for text in texts])
    echoing.stack.tampering = lambda _: next(answers)
    echoing.stack.count = 10**6
    found = [echoing.do(OPERATIONS["version"]) for _ in texts]

    assert ["<hidden>" in str(error) for error in found] == [True, True]


FAILURES: Final[Mapping[str, Raw]] = {
    "refused": answer(b'{"message": "no"}', 401),
    "busy": answer(b"", 503),
    "dropped": ConnectionResetError(104, "Connection reset by peer"),
    "too slow": TimeoutError("timed out"),
    "a page": answer(b"<html>"),
    "cut short": answer(b"[{"),
    "another shape": answer(b"{}"),
    "elsewhere": answer(b"", 302, {"Location": "https://elsewhere.example"}),
}


@pytest.mark.parametrize("operation", ["version", "policies", "plan", "doctor", "roll out"])
@pytest.mark.parametrize("failure", FAILURES)
def test_no_local_value_of_a_traceback_is_a_credential(
    echoing: World, failure: str, operation: str
) -> None:
    """Tools that keep the local values of every frame get none of the frames that have it."""
    echoing.stack.tampering = lambda _: FAILURES[failure]
    echoing.stack.count = 10**6
    found = echoing.do(OPERATIONS[operation])

    assert echoing.locals or not isinstance(found, MirrorPolicyError)
    assert leaks([echoing.canary], echoing.locals) == []


def test_no_object_below_a_client_shows_the_credential(world: World) -> None:
    """Whoever prints one of them, for whatever reason; after it was used."""
    with world.client() as kibana:
        kibana.apply(kibana.plan(INTENT, check_mirror=False), journal=world.folder / "a.journal")
        below = objects_below(kibana, "elastic_mirror_policy")
        world.texts += [text for one in below for text in (str(one), repr(one))]

    assert {"Kibana", "Fleet", "HttpClient", "HeaderAuth", "ReflectedSecrets"} <= {
        type(o).__name__ for o in below
    }


@pytest.mark.parametrize("key", SEARCH_CANARIES)
def test_no_object_below_a_client_of_elasticsearch_shows_the_key(key: str) -> None:
    """Nor that of the client of Kibana."""
    canary = SEARCH_CANARIES[key]
    with SearchClient(SEARCH, api_key=canary.options["elasticsearch_api_key"]) as client:
        below = objects_below(client, "elastic_mirror_policy")
        shown = [text for one in below for text in (str(one), repr(one))]

    assert {"SearchClient", "HttpClient", "HeaderAuth"} <= {type(one).__name__ for one in below}
    assert leaks([canary], shown) == []


def holders_of(canary: Canary) -> Mapping[str, object]:
    """Return every kind of object that was given a credential."""
    credentials = Credentials(**canary.options)
    auth = credentials.auth()
    with (
        Kibana(f"http://{HOST}", **canary.options) as kibana,
        KibanaReader(f"http://{HOST}", **canary.options) as reader,
    ):
        clients = {"kibana": kibana, "reader": reader, "http": kibana._http, "fleet": kibana._fleet}
        return {**clients, "credentials": credentials, "auth": auth, "reflected": auth.reflected}


HOLDERS: Final = ("kibana", "reader", "http", "fleet", "credentials", "auth", "reflected")


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_holds_a_credential_does_not_show_it(canary: Canary, holder: str) -> None:
    """Printed in whatever way, by a debugger or in a notebook."""
    found = holders_of(canary)[holder]

    assert leaks([canary], shown_by(found)) == []
    assert leaks([canary], [str([found]), repr({"key": found})]) == []


@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy])
@pytest.mark.parametrize("holder", HOLDERS)
def test_what_holds_a_credential_is_not_pickled(
    canary: Canary, holder: str, copied: Callable[[object], object]
) -> None:
    """A pickle may lie anywhere; what is refused is safe."""
    with pytest.raises(TypeError) as caught:
        copied(holders_of(canary)[holder])

    assert leaks([canary], [str(caught.value)]) == []


def test_an_environment_does_not_show_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command line reads them into."""
    canary, search = CANARIES["password"], SEARCH_CANARIES["id:key"]
    monkeypatch.setenv("KIBANA_API_KEY", CANARIES["id:key"].options["api_key"])
    monkeypatch.setenv("KIBANA_PASSWORD", canary.options["password"])
    monkeypatch.setenv("ELASTICSEARCH_API_KEY", search.options["elasticsearch_api_key"])
    found = Environment()

    assert found.kibana_password.get_secret_value() == canary.options["password"]
    assert leaks([canary, search, CANARIES["id:key"]], [str(found), repr(found)]) == []


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_journals_are_for_their_owner_alone(world: World, umask: int) -> None:
    """Names of policies may be confidential, whatever the umask says."""
    before = os.umask(umask)
    try:
        world.do(OPERATIONS["take back"])
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in world.folder.iterdir()}

    assert modes == {"a.journal": 0o600, "b.journal": 0o600}


@pytest.mark.parametrize(
    "key",
    [
        "Key7Q2\nlinebreak",
        "Key7Q2 space",
        "Key7Q2b\udce4d",
        "id:Key7Q2b\udce4d",
        "Key7Q2\u00e4",
    ],
)
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    """In one sentence, and with no other error behind it that has it."""
    with pytest.raises(ConfigurationError, match="not valid in an API key") as kibana:
        Kibana(f"http://{HOST}", api_key=key)
    with pytest.raises(ConfigurationError, match="not valid in an API key") as search:
        SearchClient(SEARCH, api_key=key)
    texts = [text for one in (kibana, search) for text in shown_by(one.value)]

    assert "Key7Q2" not in "".join(texts)


@pytest.mark.parametrize("field_name", ["username", "password"])
def test_a_password_that_is_no_text_is_refused_and_not_repeated(field_name: str) -> None:
    """As the environment gives it when it is not in UTF-8."""
    options: dict[str, Any] = {
        "username": "operator",
        "password": "x",
        field_name: "Pw7Q2canary\udce4",
    }

    with pytest.raises(ConfigurationError, match="not UTF-8 text") as caught:
        Kibana(f"http://{HOST}", **options)

    assert "Pw7Q2" not in "".join(shown_by(caught.value))


ADDRESSES: Final = (
    "http://me:Pw7Q2canary@host",
    "http://Pw7Q2canary@host",
    "http://:Pw7Q2canary@host",
    "http://me:Pw7Q2/canary@host",
    "http://me:7/Pw7Q2@host",
    "http://me:/Pw7Q2@host",
    "http://me:Pw7Q2#canary@host",
    "http://me:7?Pw7Q2@host",
    "http://me:Pw7Q2@canary@host",
    "http://me:Pw7Q2canary\\@host",
    "http://me:Pw7Q2can\u00e4ry@host",
    "http://me:Pw7Q2[@host",
    "http://[me:Pw7Q2@host",
    "http://me:Pw7Q2canary@host:99999",
    "http://me:Pw7Q2canary@host:port",
    "me:Pw7Q2canary@host",
    "ftp://me:Pw7Q2canary@host",
    "http:me:Pw7Q2canary@host",
    "http://me:Pw7Q2canary@",
)
TAKERS: Final[Mapping[str, Callable[[str], object]]] = {
    "Kibana": lambda url: Kibana(url, api_key="a:b"),
    "KibanaReader": lambda url: KibanaReader(url, api_key="a:b"),
    "Elasticsearch": lambda url: SearchClient(url, api_key="a:b"),
}
POLICY_TAKERS: Final[Mapping[str, Callable[[str], object]]] = {
    "base URL": MirrorSettings.everywhere,
    "proxy URL": lambda url: ArtifactSettings(proxy_url=url),
    "mirror": lambda url: check_mirror(url, endpoint_versions=["9.0.0"]),
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("taker", TAKERS)
def test_a_password_in_the_address_of_a_server_is_refused_and_not_repeated(
    taker: str, address: str
) -> None:
    """Whatever is wrong with the address, no part of the password is in an error or behind it."""
    with pytest.raises(ConfigurationError) as caught:
        TAKERS[taker](address)

    assert "Pw7Q2" not in "".join(shown_by(caught.value))


@pytest.mark.parametrize(
    "address", [one for one in ADDRESSES if "//me:7/" not in one and "//me:/" not in one]
)
@pytest.mark.parametrize("taker", POLICY_TAKERS)
def test_a_password_in_the_address_of_a_mirror_is_refused_and_not_repeated(
    taker: str, address: str
) -> None:
    """Every reader of the policy would see it; an @ may stand in the path of a mirror."""
    with pytest.raises(ConfigurationError) as caught:
        POLICY_TAKERS[taker](address)

    assert "Pw7Q2" not in "".join(shown_by(caught.value))


REAL_SECRETS: Final = {
    "an API key": re.compile(
        r"\b(?:[A-Za-z0-9+/]{4}){14,15}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
    ),
    "a key of a cloud": re.compile(r"\bessu_[A-Za-z0-9_=]{20,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"),
}


def test_no_file_of_the_project_holds_a_real_secret() -> None:
    """Fixtures and documentation have made-up ones, which do not look like those of Elastic."""
    found = [
        (path.name, kind)
        for path in tracked_files()
        for kind, pattern in REAL_SECRETS.items()
        for one in pattern.findall(path.read_text("utf-8"))
        if kind != "an API key" or is_real_key(one)
    ]

    assert found == []


def is_real_key(text: str) -> bool:
    """Whether a text is what Elasticsearch makes: 20 characters, a colon and 22 more."""
    whole = "".join(parts_of_key(text)[:1])
    return re.fullmatch(r"[A-Za-z0-9_-]{20}:[A-Za-z0-9_-]{22}", whole) is not None


def test_a_real_key_would_be_found() -> None:
    """The pattern is that of keys of Elasticsearch, which are made anew here."""
    key = base64.b64encode(b"a" * 20 + b":" + b"b" * 22).decode()

    assert REAL_SECRETS["an API key"].findall(f"x {key} y") == [key]
    assert is_real_key(key)
