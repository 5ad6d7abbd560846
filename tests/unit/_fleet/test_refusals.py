"""A refusal that is not Kibana's is told as such, and never with a hint about privileges."""

import json
from collections.abc import Mapping

import pytest

from elastic_mirror_policy._fleet.foreign import nested_reason
from elastic_mirror_policy._fleet.refusals import explain
from elastic_mirror_policy._http.client import Reply
from elastic_mirror_policy._http.foreign import by_proxy, describe
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)


def reply(
    status: int, body: JsonValue = "", headers: Mapping[str, str] | None = None, method: str = "PUT"
) -> Reply:
    """Return an answer; a text is a page, anything else JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply(method, "/api/fleet/package_policies/a", status, headers or {}, text.encode())


def kibanas(status: int, message: str) -> JsonValue:
    """Return what Kibana itself would send."""
    return {"statusCode": status, "error": "x", "message": message}


PAGE = "<html><head><title>Blocked &amp; logged</title></head><body>Reference #: 18.2f1a-7</body>"


@pytest.mark.parametrize(
    ("status", "own", "foreign"),
    [
        (401, AuthenticationError, ApiError),
        (403, PermissionDeniedError, ApiError),
        (404, NotFoundError, ApiError),
        (503, ServerError, ServerError),
    ],
)
def test_only_kibana_itself_says_who_may_do_what(
    status: int, own: type[ApiError], foreign: type[ApiError]
) -> None:
    """A firewall's 404 is no policy that is gone, and its 403 no missing privilege."""
    assert type(explain(reply(status, kibanas(status, "no")))) is own
    assert type(explain(reply(status, "", {"kbn-name": "kibana"}))) is own
    found = explain(reply(status, PAGE, {"server": "wall/1"}))

    assert type(found) is foreign
    assert "but not by Kibana: a page titled 'Blocked & logged'" in found.message
    assert "(support ID 18.2f1a-7, Server: wall/1)" in found.message
    assert "privilege" not in found.hint
    assert "need" not in found.hint


@pytest.mark.parametrize(
    ("status", "body", "headers", "hint"),
    [
        (400, {"error": "no handler found for uri [/x] and method [GET]"}, {}, "Elasticsearch"),
        (401, {"error": {"type": "t"}}, {"x-elastic-product": "Elasticsearch"}, "Elasticsearch"),
        (401, {"error": {"type": "security_exception", "reason": "r"}}, {}, "Elasticsearch"),
        (
            405,
            {"error": "Incorrect HTTP method for uri [/x] and method [PUT]"},
            {},
            "Elasticsearch",
        ),
        (403, {"ok": False, "message": "Forbidden due to traffic filtering."}, {}, "filter"),
        (404, {"ok": False}, {"x-cloud-error-codes": "resource.unknown"}, "no deployment"),
        (
            400,
            "<title>400 The plain HTTP request was sent to HTTPS port</title>",
            {},
            "use https://",
        ),
        (401, PAGE, {}, "login of its own"),
        (413, PAGE, {}, "client_max_body_size"),
        (429, PAGE, {}, "--parallel 1"),
        (504, PAGE, {}, "raise its timeout"),
        (418, PAGE, {}, "ask whoever runs that firewall"),
    ],
)
def test_the_advice_fits_what_answered(
    status: int, body: JsonValue, headers: Mapping[str, str], hint: str
) -> None:
    """Whatever stands between here and Kibana, or in its place."""
    assert hint in explain(reply(status, body, headers)).hint


@pytest.mark.parametrize(
    ("message", "status", "hint"),
    [
        ("Access to Fleet API require the superuser role.", 403, "superusers only"),
        ("At least one agent policy id must be provided", 400, "attached to no agent policy"),
        ("Reusable integration policies are not supported", 400, "several agent policies"),
        ("Package policy is invalid: inputs.x is required", 400, "package asks for"),
        ("Reusable integration policies are only available with", 400, "none or several"),
        ("Output per integration is only available with an enterprise", 400, "output of its own"),
        ("Invalid namespace, supported namespace prefixes: emea", 400, "namespace"),
        ("[endpoint-9.3.0] package not installed or found in registry", 404, "xpack.fleet"),
        ("Package version 'endpoint-9.3.0' not found in registry", 400, "xpack.fleet"),
        ("[parent] Data too large: circuit_breaking_exception", 429, "too little memory"),
    ],
)
def test_kibanas_own_reasons_have_hints_of_their_own(message: str, status: int, hint: str) -> None:
    """Not the one that every answer with this status has."""
    assert hint in explain(reply(status, kibanas(status, message))).hint


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"message": "a", "error": "b"}, "a"),
        ({"error": "b"}, "b"),
        ({"error": {"type": "t", "reason": "r"}}, "t: r"),
        (
            {"error": {"type": "t", "reason": "r", "caused_by": {"type": "u", "reason": "s"}}},
            "t: r: u: s",
        ),
        ({"error": {"root_cause": [{"type": "u", "reason": "s"}], "type": "t"}}, "t: u: s"),
        ({"error": {"root_cause": []}}, ""),
        ({"error": 7}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_a_reason_is_read_however_deep_it_is(body: JsonValue, reason: str) -> None:
    """Kibana passes on what Elasticsearch said, in either form."""
    assert nested_reason(body) == reason


def test_a_cause_that_has_no_end_is_read_for_a_while() -> None:
    """A server may nest as deep as it likes."""
    error: JsonValue = {"reason": "0"}
    for depth in range(1, 50):
        error = {"reason": str(depth), "caused_by": error}

    assert nested_reason({"error": error}) == "49: 48: 47: 46: 45: 44"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "an empty answer"),
        (" \n", "an empty answer"),
        ("<TITLE lang=x>\n a  b </TITLE>", "a page titled 'a b'"),
        ("Your support ID is: <b>1234567890</b>", "a text that begins "),
        ("<title>\x1b[2J</title>", "a page titled '\\\\x1b[2J'"),
    ],
)
def test_a_page_is_told_by_its_title_and_acts_on_no_terminal(text: str, told: str) -> None:
    """Its words are data."""
    assert describe(text).startswith(told)
    assert ("support ID 1234567890" in describe(text)) == ("support" in text)


@pytest.mark.parametrize(
    ("proxy", "status", "headers", "made"),
    [
        ("p:1", 407, {}, True),
        ("p:1", 403, {"x-squid-error": "ERR_ACCESS_DENIED 0"}, True),
        ("p:1", 403, {}, False),
        ("", 407, {}, False),
    ],
)
def test_a_proxy_that_answers_itself_is_known_by_what_it_says(
    proxy: str,
    status: int,
    headers: Mapping[str, str],
    made: bool,  # noqa: FBT001 - a table
) -> None:
    """Only one that the environment names, and only where it says so."""
    assert by_proxy(proxy, status, headers) == made


def test_a_status_page_without_details_is_kibanas_own() -> None:
    """Who is not logged in sees its level alone; it comes with 503 while Kibana is not well."""
    error = explain(reply(503, {"status": {"overall": {"level": "critical"}}}))

    assert "not by Kibana" not in error.message
    assert error.message.endswith("(503): Kibana reports its own status as critical.")
    assert "starting" in error.hint


def test_a_refusal_without_words_says_that_there_is_no_reason() -> None:
    """A message of blanks is not shown as one."""
    error = explain(reply(500, kibanas(500, "  ")))

    assert error.message.endswith("could not be answered (500): the server gave no reason.")
