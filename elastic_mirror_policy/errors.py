"""The error tree: one root, so that ``except MirrorPolicyError`` catches everything we raise.

::

    MirrorPolicyError
    ├── ConfigurationError            found before any request: a bad URL, a missing key
    ├── TransportError                no usable answer: DNS, TLS, a dropped line, not JSON
    │   └── RequestTimeoutError       the request may have been carried out all the same
    ├── ApiError                      the server answered, and refused it
    │   ├── AuthenticationError       401
    │   ├── PermissionDeniedError     403: a privilege, a license or a protected setting
    │   ├── NotFoundError             404
    │   ├── ConflictError             409 by a stale version (a duplicate name stays ApiError)
    │   └── ServerError               429 and 5xx, after the retries
    ├── UnsupportedKibanaError        a Kibana older than 8.0
    ├── UnexpectedPolicyError         a policy whose shape cannot be edited safely
    ├── PlanError                     a plan that cannot be made, read or used
    │   ├── UnsafePlanError           a guard or an unaccepted risk forbids it
    │   └── StalePlanError            the world, or the digest, differs from the plan
    ├── JournalError                  a journal that cannot be made, read or used
    ├── rollout.ApplyError            some policies were not written; carries the report
    └── ArtifactError                 what the mirror serves or stores
        ├── ManifestError             unreadable, or a path that leaves the tree
        ├── DigestMismatchError       the bytes are not those the manifest names
        ├── LengthMismatchError       too few or too many bytes
        └── MissingArtifactError      named by a manifest, but not there

Every error is one sentence; ``hint`` says what to do next where we know it, and is part of
``str(error)``. No error ever carries a credential or a whole body.
"""


class MirrorPolicyError(Exception):
    """Root of every error of this package.

    Attributes:
        message: One sentence: what went wrong.
        hint: One sentence: what to do next, or an empty string.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling although the constructors take keyword arguments."""
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(
    kind: type[MirrorPolicyError], args: tuple[object, ...], state: dict[str, object]
) -> MirrorPolicyError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(MirrorPolicyError):
    """What was asked for cannot be: a bad URL, a missing key, contradictory options."""


class TransportError(MirrorPolicyError):
    """No usable answer arrived: DNS, TLS, a dropped connection, a body that is not JSON.

    Attributes:
        sent: Whether the request may have reached the server.
        answered: Whether something did answer, with what cannot be used.
    """

    def __init__(
        self, message: str, *, hint: str = "", sent: bool = True, answered: bool = False
    ) -> None:
        super().__init__(message, hint=hint)
        self.sent = sent
        self.answered = answered


class RequestTimeoutError(TransportError):
    """No answer in time; the request may have been carried out all the same."""


class ApiError(MirrorPolicyError):
    """The server answered with an error.

    Attributes:
        status: HTTP status.
        method: HTTP method of the request.
        path: Path of the request, without the host.
        reason: The server's own message, at most 500 characters.
        retry_after: Seconds the server asked us to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        method: str,
        path: str,
        reason: str = "",
        hint: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.method = method
        self.path = path
        self.reason = reason
        self.retry_after = retry_after


class AuthenticationError(ApiError):
    """401: the credentials were not accepted."""


class PermissionDeniedError(ApiError):
    """403: a privilege is missing, the license forbids it, or the setting is protected."""


class NotFoundError(ApiError):
    """404: not there, or not visible in this space."""


class ConflictError(ApiError):
    """409: the document changed since it was read. A duplicate name is a plain `ApiError`."""


class ServerError(ApiError):
    """429 or 5xx that retries did not cure."""


class UnsupportedKibanaError(MirrorPolicyError):
    """This Kibana is too old, or does not say what it is."""


class UnexpectedPolicyError(MirrorPolicyError):
    """The policy arrived, but its shape is not one that can be edited safely."""


class PlanError(MirrorPolicyError):
    """A plan cannot be made, read or used."""


class UnsafePlanError(PlanError):
    """A guard or a risk that nobody accepted forbids the plan; the message has the numbers."""


class StalePlanError(PlanError):
    """The plan was made for a state that no longer exists, or was edited by hand."""


class JournalError(MirrorPolicyError):
    """A journal cannot be created, read or continued."""


class ArtifactError(MirrorPolicyError):
    """Something is wrong with what the mirror serves or stores."""


class ManifestError(ArtifactError):
    """The manifest is unreadable, too large, or names a path that leaves the tree."""


class DigestMismatchError(ArtifactError):
    """The bytes are not those that the manifest names."""


class LengthMismatchError(ArtifactError):
    """There are fewer or more bytes than the manifest names."""


class MissingArtifactError(ArtifactError):
    """The manifest names an artifact that is not there."""
