"""Access logs as proof: which endpoint loaded what from this mirror, and when?"""

from elastic_mirror_policy.mirror.logs.delivery import Delivery, deliveries
from elastic_mirror_policy.mirror.logs.read import read_access_logs
from elastic_mirror_policy.mirror.logs.report import (
    AccessLogReport,
    Caller,
    LogSummary,
    ManifestRequests,
    VersionAddresses,
)

__all__ = [
    "AccessLogReport",
    "Caller",
    "Delivery",
    "LogSummary",
    "ManifestRequests",
    "VersionAddresses",
    "deliveries",
    "read_access_logs",
]
