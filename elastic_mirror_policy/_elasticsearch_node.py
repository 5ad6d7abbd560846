"""How Elasticsearch's client talks to a node: what it answers reaches no log and no warning."""

from dataclasses import replace
from typing import Any

from elastic_transport import HttpHeaders, Urllib3HttpNode

from elastic_mirror_policy._quiet import quiet_headers


class QuietNode(Urllib3HttpNode):
    """A node whose `Warning` headers are dropped: the client would print them as they are."""

    def perform_request(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the client
        """Return the answer to one request."""
        with quiet_headers():
            meta, body = answer = super().perform_request(*args, **kwargs)
        kept = {name: text for name, text in meta.headers.items() if name.lower() != "warning"}
        return type(answer)(replace(meta, headers=HttpHeaders(kept)), body)
