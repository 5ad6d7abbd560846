"""Lines of access logs, as nginx and Apache write them with the product's configuration."""


def log_line(
    version: str,
    *,
    address: str = "192.0.2.15",
    status: int = 200,
    time: str = "25/Nov/2026:16:05:32 +0000",
    prefix: str = "",
    user: str = "-",
) -> str:
    """Return one line; without a version it asks for an artifact."""
    name = f"manifest/artifacts-{version}.zip" if version else "synthetic-v1/0a1b2c"
    return (
        f'{address} - {user} [{time}] "GET {prefix}/downloads/endpoint/{name} HTTP/1.1" '
        f'{status} 1234 "-" "synthetic agent" endpoint_version={version or "-"} '
        'cache="HIT" if_none_match="-"\n'
    )
