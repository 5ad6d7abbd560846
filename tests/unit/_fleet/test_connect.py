"""Common slips in addresses, keys and files: told for what they are, with what to do."""

import base64
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.memory_http import Scripted, all_http
from support.rollouts import Naps

from elastic_mirror_policy import ALL_SPACES, ConfigurationError, Kibana, MirrorPolicyError
from elastic_mirror_policy._fleet.connect import Credentials, check_kibana_url, check_readable
from elastic_mirror_policy._http.connections import Tls
from elastic_mirror_policy._http.reflected import ReflectedSecrets
from elastic_mirror_policy._url import LONGEST
from elastic_mirror_policy.errors import ServerError, UnsupportedKibanaError

HOST = "us-east.cloud.example"
ENCODED = base64.b64encode(b"synthetic-id:synthetic-key").decode()


def cloud_id(text: str) -> str:
    """Return a Cloud ID that stands for this text."""
    return "deployment:" + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("inside", "hint"),
    [
        (f"{HOST}$es-uuid$kb-uuid", f"https://kb-uuid.{HOST}:443"),
        (f"{HOST}:9243$es-uuid$kb-uuid", f"https://kb-uuid.{HOST}:9243"),
        (f"{HOST}$only-elasticsearch", "from the page of the deployment"),
    ],
)
def test_a_cloud_id_is_no_url_and_tells_the_one_that_it_stands_for(inside: str, hint: str) -> None:
    """It is what the deployment's page shows first."""
    with pytest.raises(ConfigurationError, match="Cloud ID") as caught:
        check_kibana_url(cloud_id(inside))

    assert hint in caught.value.hint


@pytest.mark.parametrize("url", ["deployment:" + "A" * 21, "deployment:" + "/" * 24])
def test_what_only_looks_like_a_cloud_id_is_an_address_that_cannot_be_used(url: str) -> None:
    """It may be a host and a very odd port."""
    with pytest.raises(ConfigurationError, match="cannot be used"):
        check_kibana_url(url)


@pytest.mark.parametrize(
    "given",
    [
        ENCODED,
        f"  {ENCODED}\n",
        f'"{ENCODED}"',
        f"'{ENCODED}'",
        f"ApiKey {ENCODED}",
        f"apikey  {ENCODED}",
        json.dumps({"id": "synthetic-id", "name": "n", "encoded": ENCODED}),
        "synthetic-id:synthetic-key",
        '"synthetic-id:synthetic-key"',
    ],
)
def test_a_key_is_understood_as_it_was_pasted(given: str) -> None:
    """As Kibana shows it, in quotes of a shell or of JSON, or with its scheme."""
    assert Credentials(api_key=given).auth().headers() == {"Authorization": f"ApiKey {ENCODED}"}


@pytest.mark.parametrize("given", ['{"id": "x"}', '{"encoded": 7}', "{", '"', "[x", "''", "a b"])
def test_what_is_no_key_is_refused(given: str) -> None:
    """Before any request."""
    with pytest.raises(ConfigurationError, match="not valid in an API key"):
        Credentials(api_key=given).auth()


@pytest.fixture
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority, a client certificate, and what is often taken for them."""
    monkeypatch.chdir(tmp_path)
    authority = trustme.CA()
    issued = authority.issue_cert("client@corp.example")
    authority.cert_pem.write_to_path("ca.pem")
    issued.cert_chain_pems[0].write_to_path("cert.pem")
    issued.private_key_pem.write_to_path("key.pem")
    lines = authority.cert_pem.bytes().split(b"-----")[2]
    Path("ca.cer").write_bytes(base64.b64decode(lines))


def advice_on(tls: Tls) -> str:
    """Return what is advised before anything is sent, or nothing when the files are taken."""
    try:
        check_readable(tls)
    except ConfigurationError as exc:
        return exc.hint
    return ""


@pytest.mark.usefixtures("_files")
@pytest.mark.parametrize(
    ("tls", "hint"),
    [
        (Tls(("ca.cer",)), "openssl x509 -inform der"),
        (Tls(("key.pem",)), "BEGIN CERTIFICATE"),
        (Tls(client_cert="cert.pem"), "--client-key"),
        (Tls(client_cert=("key.pem", "cert.pem")), "--client-key"),
        (Tls(client_cert=("cert.pem", "ca.cer")), "--client-key"),
    ],
)
def test_a_file_of_another_kind_is_told_before_any_request(tls: Tls, hint: str) -> None:
    """A key, or DER as Windows exports it, in place of PEM."""
    assert hint in advice_on(tls)


@pytest.mark.usefixtures("_files")
def test_files_of_the_right_kind_are_taken() -> None:
    """Both at once."""
    assert advice_on(Tls(("ca.pem",), client_cert=("cert.pem", "key.pem"))) == ""


def version_of(*answers: tuple[int, object]) -> object:
    """Return the version that a Kibana with these answers has, or the error."""
    script = Scripted()
    for status, body in answers:
        script.add(json.dumps(body).encode(), status)
    with all_http(script), Kibana("http://kibana.example", api_key="a:b", sleep=Naps()) as kibana:
        try:
            return kibana.version
        except MirrorPolicyError as exc:
            return exc


UNWELL = {
    "version": {"number": "9.3.4"},
    "status": {"overall": {"level": "critical", "summary": "1 service is critical"}},
}


def test_a_kibana_that_is_not_well_is_worked_with_when_fleet_answers() -> None:
    """Its status page has the status 503, and its version all the same."""
    assert str(version_of((503, UNWELL), (200, {"items": [], "total": 0}))) == "9.3.4"


def test_a_refusal_is_an_answer_of_fleet_too() -> None:
    """A key may be good for another space than the default one."""
    assert str(version_of((503, UNWELL), (403, {"statusCode": 403, "message": "no"}))) == "9.3.4"


def test_a_kibana_that_is_not_well_and_whose_fleet_is_silent_is_an_error() -> None:
    """That it names itself is not enough."""
    found = version_of((503, UNWELL), (503, {"statusCode": 503, "message": "no"}))

    assert isinstance(found, ServerError)
    assert found.path == "/api/fleet/package_policies"


@pytest.mark.parametrize("body", ["not ready", {"version": {}}])
def test_a_503_without_a_version_is_asked_again(body: object) -> None:
    """It may be well in a moment."""
    assert str(version_of((503, body), (200, {"version": {"number": "9.3.4"}}))) == "9.3.4"


def test_fleet_server_is_not_taken_for_kibana() -> None:
    """It has a status page as well."""
    found = version_of((200, {"name": "fleet-server", "status": "HEALTHY"}))

    assert isinstance(found, UnsupportedKibanaError)
    assert "This is Fleet Server" in found.message
    assert "5601" in found.hint


URL = "http://127.0.0.1:1"
KEY = "c2VjcmV0OnNlY3JldA=="


def test_a_client_shows_where_it_leads_and_nothing_else() -> None:
    """Such as in a notebook, or in the message of a failed assertion."""
    with Kibana(URL, api_key=KEY) as kibana:
        assert repr(kibana) == f"Kibana('{URL}')"


def test_all_spaces_show_themselves_as_they_are_written() -> None:
    """In the signature of a function, for one."""
    assert repr(ALL_SPACES) == "ALL_SPACES"


@pytest.mark.parametrize("secret", [Credentials(api_key=KEY), ReflectedSecrets(KEY)])
def test_what_holds_a_secret_neither_shows_nor_stores_it(secret: object) -> None:
    """A pickle could lie anywhere."""
    with pytest.raises(TypeError, match="credentials cannot be pickled"):
        pickle.dumps(secret)

    assert KEY not in repr(secret)


@pytest.mark.parametrize("timeout", [0, -1, 86401, float("inf"), float("nan")])
def test_a_timeout_that_is_no_time_is_refused(timeout: float) -> None:
    """A socket would take 0 for not waiting at all."""
    with pytest.raises(ConfigurationError, match=f"not {timeout}"):
        Kibana(URL, api_key=KEY, timeout=timeout)


@pytest.mark.parametrize(
    "given", [("synthetic", "\udcff-zzz"), ("\udcff-user", "zzz")], ids=["password", "user"]
)
def test_a_login_that_is_not_utf_8_is_refused_unquoted(given: tuple[str, str]) -> None:
    """Bytes of the environment that are no text cannot be put into a header."""
    username, password = given

    with pytest.raises(ConfigurationError, match="not UTF-8 text") as caught:
        Credentials(username=username, password=password).auth()

    assert password not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://kibana.corp/a@b", "there is an @ in its path"),
        ("https://kibana.corp/" + "a" * LONGEST, f"it is longer than {LONGEST} characters"),
    ],
    ids=["at", "long"],
)
def test_an_address_that_cannot_be_kibanas_says_why(url: str, why: str) -> None:
    """A password with a slash in it would put the @ into the path."""
    with pytest.raises(ConfigurationError) as caught:
        check_kibana_url(url)

    assert f"cannot be used: {why}." in caught.value.message


@pytest.mark.parametrize(
    "files",
    [
        {"ca_cert": "no-such.pem"},
        {"client_cert": "no-such.pem"},
        {"client_cert": ("there.pem", "no-such.pem")},
    ],
)
def test_a_pem_file_that_cannot_be_read_is_refused_at_once(
    files: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing file is a mistake in the configuration, over plain http too."""
    monkeypatch.chdir(tmp_path)
    Path("there.pem").touch()
    with pytest.raises(ConfigurationError, match=r"'no-such\.pem' is not there"):
        Kibana(
            "http://127.0.0.1:1",
            api_key="id:key",
            ca_cert=files.get("ca_cert"),
            client_cert=files.get("client_cert"),
        )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Set KIBANA_URL, or give --kibana-url or --kibana."),
        ("kibana.corp", "has no scheme"),
        ("ftp://kibana.corp", "'ftp'"),
        ("https://me:synthetic-secret@kibana.corp", "user name or password"),
        ("https://kibana.corp/s/emea", "--space"),
        ("https://kibana.corp/base/app/fleet", "Leave out /app"),
        ("https://kibana.corp/api/status", "Leave out /api"),
    ],
)
def test_an_address_of_something_else_than_kibana_is_refused(url: str, said: str) -> None:
    """With what to give instead, and never with a password."""
    with pytest.raises(ConfigurationError) as caught:
        check_kibana_url(url)

    assert said in str(caught.value)
    assert "synthetic-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "No credentials were given"),
        ({"api_key": ""}, "No credentials were given"),
        ({"api_key": KEY, "username": "elastic"}, "Both an API key and a user name"),
        ({"username": "elastic"}, "The password is missing"),
        ({"password": "synthetic"}, "The user name is missing"),
    ],
)
def test_credentials_are_a_key_or_a_whole_login(given: dict[str, str], said: str) -> None:
    """Half of one, or both, would be somebody else than was meant."""
    with pytest.raises(ConfigurationError, match=said):
        Credentials(**given)
