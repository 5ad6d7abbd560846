"""What can be found out about a mirror: severities and stable codes (pure).

`FindingCode` is the one place where a code is documented: its severity, what it means, and how
to fix it. Codes are part of the JSON output: they are added, never renamed.
"""

import enum
from typing import Self


class Severity(enum.StrEnum):
    """What a finding means for the endpoints.

    An `error` keeps them from updating, a `warning` may, an `info` does not, and `unknown` means
    that it could not be determined.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    UNKNOWN = "unknown"


_E, _W, _I, _U = Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.UNKNOWN

_ETAG_HINT = (
    "nginx: serve the manifest through the configuration of `mirror config nginx`; "
    "Apache: `FileETag MTime` and no mod_deflate for this path; S3 and MinIO: upload it in one "
    "part; Artifactory, Nexus: put such an nginx before it where it makes other ETags."
)


_REFUSED_HINT = (
    "Look at file modes, SELinux and address lists (nginx, Apache), or at anonymous reading "
    "(Artifactory, Nexus); S3 and MinIO refuse a missing file too where listing is denied."
)


class FindingCode(enum.StrEnum):
    """Stable name of a finding, with its severity, its meaning and how to fix it.

    Attributes:
        severity: What it means for the endpoints.
        meaning: One sentence.
        hint: What to do, with the line of configuration where there is one.
    """

    severity: Severity
    meaning: str
    hint: str

    def __new__(cls, code: str, severity: Severity, meaning: str, hint: str = "") -> Self:
        """Make a member of its code, and give it the rest as attributes."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.severity, member.meaning, member.hint = severity, meaning, hint
        return member

    UNREACHABLE = (
        "unreachable",
        _U,
        "The mirror did not answer, so nothing can be said about it.",
        "Check name, port and firewall; ask again from a host in the endpoints' network.",
    )
    TLS_FAILED = (
        "tls-failed",
        _E,
        "The certificate is not valid for this mirror: an endpoint refuses it as well.",
        "Install a certificate that is in date and names the mirror's host.",
    )
    TLS_UNTRUSTED = (
        "tls-untrusted",
        _U,
        "The certificate comes from an authority unknown here; endpoints may know it.",
        "Pass its PEM file (--ca-cert); endpoints need it in artifacts.global.ca_cert.",
    )
    CA_EC_KEY = (
        "ca-ec-key",
        _W,
        "Endpoints before 8.19.0 and 9.1.0 drop a CA with an elliptic-curve key.",
        "Put the CA into the system's trust store, use an RSA key, or upgrade the agents.",
    )
    PLAIN_HTTP = (
        "plain-http",
        _I,
        "The mirror is used without TLS.",
        "Endpoints accept plain HTTP; anyone on the network path can read and change the files.",
    )
    TRAILING_SLASH = (
        "trailing-slash",
        _W,
        "The base URL ends in a slash: endpoints ask for //downloads/..., which may be missing.",
        "Set base_url without the slash at its end.",
    )
    SERVER_ERROR = (
        "server-error",
        _U,
        "The mirror answered with a temporary error, so this could not be checked.",
        "Check again later; if the error persists, look in the web server's error log.",
    )
    REFUSED = (
        "refused",
        _E,
        "The mirror refuses to serve a file that may exist (such as 401 or 403).",
        _REFUSED_HINT,
    )
    REDIRECT = (
        "redirect",
        _E,
        "The mirror answers with a redirect; whether endpoints follow one is not documented.",
        "Set base_url to the final address, or serve the files where they are asked for.",
    )
    MANIFEST_MISSING = (
        "manifest-missing",
        _E,
        "There is no manifest for this endpoint version: its endpoints keep what they have.",
        "Run `mirror sync` with --endpoint-version for it; base_url ends before /downloads.",
    )
    MANIFEST_UNREADABLE = (
        "manifest-unreadable",
        _E,
        "The manifest URL returned something that is not a valid manifest.",
        "Fetch it again with `mirror sync`; a login or error page may be in its place.",
    )
    VERSION_STRIPPED = (
        "version-stripped",
        _W,
        "Only the plain version's manifest is there; which one endpoints want is not documented.",
        "Look in the mirror's access log for what an endpoint of this version asks for.",
    )
    ETAG_ABSENT = (
        "etag-absent",
        _E,
        "The manifest has no ETag: endpoints will not load new artifacts, and report no error.",
        "nginx: `etag on;`, and `default $sent_http_etag;` in a map; Apache: `FileETag MTime`.",
    )
    ETAG_DASHED = (
        "etag-dashed",
        _E,
        "The manifest's ETag has a dash, which endpoints are documented to reject.",
        _ETAG_HINT,
    )
    ETAG_WEAK = (
        "etag-weak",
        _W,
        "The manifest's ETag is weak; whether endpoints accept one is not documented.",
        "nginx: `gzip off;`; Apache: it passes some seconds after a file was written.",
    )
    ETAG_UNQUOTED = (
        "etag-unquoted",
        _W,
        "The manifest's ETag has no quotes around it, as HTTP asks for.",
        _ETAG_HINT,
    )
    ETAG_UNUSUAL = (
        "etag-unusual",
        _W,
        "The ETag is not only letters and digits; whether endpoints accept it is not documented.",
        _ETAG_HINT,
    )
    ETAG_UNSTABLE = (
        "etag-unstable",
        _W,
        "The same manifest came with two different ETags, so endpoints load it each time.",
        "Replicas behind one name need equal file times: copy with `rsync -t` or `cp -p`.",
    )
    ETAG_CONSTANT = (
        "etag-constant",
        _E,
        "Two different files have the same ETag, so a new manifest is not noticed as new.",
        "Let the web server make the ETag of each file: `mirror config` writes how.",
    )
    CONDITIONAL_IGNORED = (
        "conditional-ignored",
        _I,
        "A request with the manifest's own ETag got the whole manifest again, not 304.",
        "It works, and costs traffic; `mirror config` writes a configuration that answers 304.",
    )
    CONDITIONAL_FAILED = (
        "conditional-failed",
        _W,
        "A request with the manifest's own ETag was answered with an error.",
        "Look in the web server's error log for requests with If-None-Match.",
    )
    CONTENT_ENCODED = (
        "content-encoded",
        _W,
        "The answer was compressed although that was not asked for.",
        "nginx: `gzip off;` for /downloads/; Apache: `SetEnv no-gzip 1`.",
    )
    COMPRESSES = (
        "compresses",
        _W,
        "A client that accepts compression gets the manifest compressed or under another ETag.",
        "nginx: `gzip off;` for /downloads/; Apache: `SetEnv no-gzip 1`.",
    )
    SIGNATURE_VALID = (
        "signature-valid",
        _I,
        "The manifest's signature matches the given public key.",
    )
    SIGNATURE_INVALID = (
        "signature-invalid",
        _E,
        "The manifest's signature does not match the given public key.",
        "Either this is the wrong key, or the manifest was changed: sync it again.",
    )
    SIGNATURE_MISSING = (
        "signature-missing",
        _E,
        "A key was given, and the manifest has no signature.",
        "Sync the manifest again; it is served as it came from upstream.",
    )
    SIGNATURE_UNVERIFIED = (
        "signature-unverified",
        _I,
        "Signature present, not verified: no public key was given.",
        "Pass the public key as PEM (public_key=) to have it verified.",
    )
    PATH_UNUSUAL = (
        "path-unusual",
        _W,
        "The manifest names files outside /downloads/endpoint/, which may not be served.",
        "Serve these paths as well.",
    )
    CASE_COLLISION = (
        "case-collision",
        _W,
        "Two files of the manifest differ in case only.",
        "Keep the mirror on a file system where case counts; Windows and macOS do not.",
    )
    ARTIFACT_MISSING = (
        "artifact-missing",
        _E,
        "The manifest names an artifact that the mirror does not serve.",
        "Run `mirror sync`; it fetches what is missing and nothing else.",
    )
    ARTIFACT_LENGTH = (
        "artifact-length",
        _E,
        "An artifact is longer or shorter than the manifest says.",
        "Run `mirror sync`, or unpack the bundle again: files of the wrong length are replaced.",
    )
    ARTIFACT_DIGEST = (
        "artifact-digest",
        _E,
        "An artifact's bytes do not match the manifest.",
        "Run `mirror sync --verify` or `mirror unpack --verify`: every file is read again.",
    )
    ARTIFACT_DECODED = (
        "artifact-decoded",
        _E,
        "An artifact does not inflate to the content the manifest names.",
        "The manifest and its artifact disagree; run `mirror sync` once there is another manifest.",
    )
    ARTIFACT_REPAIRED = (
        "artifact-repaired",
        _I,
        "A published file was lost or had other bytes than its manifest names; it was replaced.",
        "Look at the disk, and at who else writes to the folder, if this happens again.",
    )
    ARTIFACT_UNVERIFIABLE = (
        "artifact-unverifiable",
        _W,
        "The manifest names no SHA-256 for an artifact, so only its presence was checked.",
    )
    HEAD_UNSUPPORTED = (
        "head-unsupported",
        _U,
        "The mirror does not answer HEAD requests, so the fast check could not tell.",
        "Check without --fast.",
    )
    LENGTH_UNKNOWN = (
        "length-unknown",
        _U,
        "The artifact is there, but its length could not be determined from the headers.",
        "Check without --fast; in nginx, `gzip off;` for /downloads/ keeps Content-Length.",
    )
    BEHIND_UPSTREAM = (
        "behind-upstream",
        _W,
        "The upstream has a newer manifest.",
        "Run `mirror sync`.",
    )
    AHEAD_OF_UPSTREAM = (
        "ahead-of-upstream",
        _I,
        "The mirror's manifest is newer than the upstream's, which may have withdrawn one.",
        "Run `mirror sync` to follow the upstream.",
    )
    DIFFERS_FROM_UPSTREAM = (
        "differs-from-upstream",
        _W,
        "The mirror and the upstream have different manifests whose order cannot be determined.",
        "Run `mirror sync`.",
    )
    TOO_OLD = (
        "too-old",
        _E,
        "The manifest is older than the limit that was given.",
        "Run `mirror sync`, or carry a new bundle in; Elastic asks for it at least once a month.",
    )
    AGE_UNKNOWN = (
        "age-unknown",
        _U,
        "The manifest has no Last-Modified, so how old it is could not be determined.",
        "Let the web server send Last-Modified, or ask `mirror status` on its host.",
    )
    UPSTREAM_UNREACHABLE = (
        "upstream-unreachable",
        _I,
        "The upstream could not be asked, so how new the mirror is was not compared.",
    )
    UPSTREAM_ETAG_CONSTANT = (
        "upstream-etag-constant",
        _W,
        "The upstream gives different manifests the same ETag; it is not relied on from now on.",
        "Nothing is missed: the next syncs fetch the whole manifest, or ask by its date.",
    )
    MANIFEST_OLDER = (
        "manifest-older",
        _I,
        "A manifest was replaced by an older one, as happens when Elastic withdraws a release.",
    )
    PRUNE_SKIPPED = (
        "prune-skipped",
        _W,
        "Nothing was removed, because a published manifest could not be read.",
        "Sync that endpoint version again, or remove its manifest.",
    )
