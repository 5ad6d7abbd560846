"""Which endpoints an access log has seen."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.access_logs import log_line

from elastic_mirror_policy.mirror import read_access_logs
from elastic_mirror_policy.mirror.logs.delivery import (
    Delivery,
    DeliveryState,
    deliveries,
    usable_addresses,
)

VERSION = "9.1.3"


def delivery(
    folder: Path,
    *lines: str,
    addresses: Sequence[object] = ("192.0.2.15/24",),
    version: str = VERSION,
    others: Sequence[tuple[str, str, Sequence[object]]] = (),
) -> Delivery:
    """Return what a log says of one endpoint."""
    log = folder / "access.log"
    log.write_text("".join(lines))
    return deliveries(read_access_logs([log]), [("a", version, addresses), *others])["a"]


@pytest.mark.parametrize("status", [200, 304])
def test_an_endpoint_that_was_given_its_manifest_is_delivered(tmp_path: Path, status: int) -> None:
    """304 says that it asked this mirror, and has the newest."""
    found = delivery(tmp_path, log_line(VERSION, status=status))

    assert (found.state, found.address) == (DeliveryState.DELIVERED, "192.0.2.15")
    assert found.last is not None


def test_an_endpoint_of_which_nothing_was_seen_never_came(tmp_path: Path) -> None:
    """Others did, so the log is not the wrong one."""
    found = delivery(tmp_path, log_line(VERSION, address="192.0.2.99"))

    assert found.state is DeliveryState.NEVER_CAME


@pytest.mark.parametrize("addresses", [(), ("127.0.0.1/8", "::1/128", "fe80::1/64"), (7, "?")])
def test_an_endpoint_without_a_usable_address_is_unknown(
    tmp_path: Path, addresses: tuple[object, ...]
) -> None:
    """It may have come; nobody can tell."""
    found = delivery(tmp_path, log_line(VERSION), addresses=addresses)

    assert found.state is DeliveryState.ADDRESS_UNKNOWN


def test_an_address_of_several_endpoints_proves_nothing_about_one(tmp_path: Path) -> None:
    """Docker gives each host the same address, and cloned machines have one too."""
    found = delivery(tmp_path, log_line(VERSION), others=[("b", VERSION, ["192.0.2.15/24"])])

    assert found.state is DeliveryState.ADDRESS_UNKNOWN
    assert "2 hosts" in found.detail


@pytest.mark.parametrize("line", [log_line(VERSION, status=404), log_line("8.0.0"), log_line("")])
def test_an_endpoint_that_was_not_given_its_manifest_is_not_delivered(
    tmp_path: Path, line: str
) -> None:
    """It came, so `never-came` would be a lie."""
    assert delivery(tmp_path, line).state is DeliveryState.NOT_DELIVERED


def test_any_address_of_a_host_counts(tmp_path: Path) -> None:
    """A host with several networks comes by one of them."""
    found = delivery(tmp_path, log_line(VERSION), addresses=["10.1.1.1/8", "192.0.2.15/24"])

    assert found.state is DeliveryState.DELIVERED


@pytest.mark.parametrize(
    ("seen", "listed"),
    [("::ffff:192.0.2.15", "192.0.2.15/24"), ("2001:db8:0:0::5", "2001:db8::5/64")],
)
def test_addresses_are_compared_by_their_meaning(tmp_path: Path, seen: str, listed: str) -> None:
    """Servers and agents write IPv6 in different ways."""
    found = delivery(tmp_path, log_line(VERSION, address=seen), addresses=[listed])

    assert found.state is DeliveryState.DELIVERED


def test_a_snapshot_may_ask_for_its_release(tmp_path: Path) -> None:
    """Which name it asks for is not documented."""
    found = delivery(tmp_path, log_line("9.2.0"), version="9.2.0-SNAPSHOT")

    assert found.state is DeliveryState.DELIVERED


def test_an_unknown_version_is_never_delivered(tmp_path: Path) -> None:
    """Which manifest would be its own is not known."""
    assert delivery(tmp_path, log_line(VERSION), version="").state is DeliveryState.NOT_DELIVERED


def test_a_host_name_in_the_log_belongs_to_nobody(tmp_path: Path) -> None:
    """Apache may look names up; Fleet lists addresses."""
    found = delivery(tmp_path, log_line(VERSION, address="host.corp"))

    assert found.state is DeliveryState.NEVER_CAME


def test_masks_and_doubles_are_taken_off() -> None:
    """Fleet lists addresses as interfaces."""
    assert usable_addresses(["10.0.0.5/24", "10.0.0.5/8", "x" * 200]) == ("10.0.0.5",)
