"""The manifest a server publishes for an endpoint version, under whichever of its names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from elastic_mirror_policy._http.download import Answer, Fetcher, read_all
from elastic_mirror_policy.errors import ApiError, NotFoundError, PermissionDeniedError
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import MAX_ZIP
from elastic_mirror_policy.mirror.version import EndpointVersion


@dataclass(frozen=True, slots=True)
class Published:
    """What came for a version.

    Attributes:
        version: The version that was asked for.
        name: The version in the file name that was there: the same, or a shorter one.
        answer: Status and headers.
        data: The bytes of the zip file; empty when the answer is 304.
    """

    version: EndpointVersion
    name: str
    answer: Answer
    data: bytes

    @property
    def path(self) -> str:
        """Its path below the base URL."""
        return "/" + manifest_path(self.name)

    @property
    def etag(self) -> str | None:
        """Its ETag as sent."""
        return self.answer.headers.get("etag")

    @property
    def last_modified(self) -> str | None:
        """Its Last-Modified as sent."""
        return self.answer.headers.get("last-modified")


def fetch_manifest(
    fetcher: Fetcher,
    version: EndpointVersion,
    *,
    conditions: Callable[[str], Mapping[str, str]] = lambda _: {},
) -> Published:
    """Return the manifest of a version, the exact name first, then the shorter ones.

    `conditions` gives the headers of a conditional request for a name; with some, 304 is an
    answer too.

    Raises:
        NotFoundError: The server has none under any name.
        PermissionDeniedError: The server refuses all of them, as object stores do without one.
        TransportError: No usable answer arrived.
        ApiError: Another status.
        LengthMismatchError: It is larger than any manifest.
    """
    missing: list[ApiError] = []
    for name in version.candidates:
        headers = conditions(name)
        accept = (200, 304) if headers else (200,)
        path = "/" + manifest_path(name)
        try:
            answer, data = fetcher.get(
                path, read_all, limit=MAX_ZIP, headers=headers, accept=accept
            )
        except (NotFoundError, PermissionDeniedError) as exc:
            missing.append(exc)  # object stores answer 403 for what is not there
        else:
            return Published(version, name, answer, data)
    raise missing[0]
