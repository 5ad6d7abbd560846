"""Which endpoints an access log has seen, by the addresses that Fleet knows (pure)."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from elastic_mirror_policy.mirror.logs.report import AccessLogReport, ManifestRequests
from elastic_mirror_policy.mirror.version import EndpointVersion, is_version


class DeliveryState(StrEnum):
    """What the log says of one endpoint."""

    DELIVERED = "delivered"
    """The mirror gave its version's manifest to an address of this endpoint alone."""

    NEVER_CAME = "never-came"
    """No address that Fleet knows for it asked for anything."""

    NOT_DELIVERED = "not-delivered"
    """It came, but was never given the manifest of its version."""

    ADDRESS_UNKNOWN = "address-unknown"
    """Fleet knows no address for it, or the one that came belongs to several endpoints."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the log says of one endpoint.

    Attributes:
        state: The answer.
        address: The address that came, or an empty string.
        last: When it last asked for its manifest, in seconds since 1970, or None.
        detail: One sentence.
    """

    state: DeliveryState
    detail: str
    address: str = ""
    last: int | None = None


def usable_addresses(listed: Iterable[object]) -> tuple[str, ...]:
    """Return the addresses by which a web server could see a host, without masks, each once.

    Fleet lists every address of a host, as `10.0.0.5/24`: the loopback and link-local ones say
    nothing about who came.
    """
    found: dict[str, None] = {}
    for one in listed:
        if not isinstance(one, str) or len(one) > 100:  # noqa: PLR2004 - longer than any address
            continue
        try:
            address = ipaddress.ip_interface(one).ip
        except ValueError:
            continue
        if not (address.is_loopback or address.is_link_local or address.is_unspecified):
            found[str(address)] = None
    return tuple(found)


def deliveries(
    report: AccessLogReport, endpoints: Sequence[tuple[str, str, Sequence[object]]]
) -> dict[str, Delivery]:
    """Return what the log says of each endpoint.

    Args:
        report: The log.
        endpoints: For each endpoint its id, its version, and the addresses that Fleet lists.
    """
    owners: dict[str, int] = {}
    known = {who: usable_addresses(listed) for who, _, listed in endpoints}
    for addresses in known.values():
        for address in addresses:
            owners[address] = owners.get(address, 0) + 1
    callers = _normalised(report)
    return {who: _delivery(version, known[who], owners, callers) for who, version, _ in endpoints}


Callers = dict[str, tuple[tuple[ManifestRequests, ...], bool]]


def _normalised(report: AccessLogReport) -> Callers:
    """Return the requests for manifests by address, IPv6 in its shortest form.

    A server that listens on IPv6 writes an IPv4 client as `::ffff:10.0.0.5`.
    """
    found: Callers = {}
    for caller in report.callers:
        try:
            address = ipaddress.ip_address(caller.address)
        except ValueError:
            continue
        mapped = getattr(address, "ipv4_mapped", None)
        found[str(mapped or address)] = (caller.manifests, caller.artifacts is not None)
    return found


def _delivery(
    version: str, addresses: tuple[str, ...], owners: dict[str, int], callers: Callers
) -> Delivery:
    if not addresses:
        return Delivery(DeliveryState.ADDRESS_UNKNOWN, "Fleet lists no address for this host.")
    came = [address for address in addresses if address in callers]
    if not came:
        return Delivery(
            DeliveryState.NEVER_CAME,
            "No request came from any address that Fleet lists for this host.",
        )
    served = [
        (address, made)
        for address in came
        for made in callers[address][0]
        if made.served and made.endpoint_version in _names(version)
    ]
    alone = [pair for pair in served if owners[pair[0]] == 1]
    if alone:
        address, made = max(alone, key=lambda pair: pair[1].last)
        return Delivery(
            DeliveryState.DELIVERED, "Delivered by this mirror.", address=address, last=made.last
        )
    shared = [address for address in came if owners[address] > 1]
    if shared:
        return Delivery(
            DeliveryState.ADDRESS_UNKNOWN,
            f"The address that came is listed for {owners[shared[0]]:,} hosts.",
            address=shared[0],
        )
    return Delivery(
        DeliveryState.NOT_DELIVERED,
        f"It came, but was not given the manifest of version {version or '(unknown)'}.",
        address=came[0],
    )


def _names(version: str) -> tuple[str, ...]:
    """Return the names by which an endpoint may ask for its manifest."""
    return EndpointVersion(version).candidates if is_version(version) else ()
