"""nginx in static mode: a good ETag for files, and 304 for it (pure).

nginx builds an ETag with a dash, `"<seconds>-<size>"` in hex, which endpoints are documented to
reject (security-docs 2946). The documentation takes the dash out with a map; nginx then no longer
recognises the ETag it gave out and answers every `If-None-Match` with the whole file. Here a
subrequest finds the file's ETag first, so that the question can be decided by the ETag that
endpoints see. That takes documented directives only, and no second server or cache.
"""

from elastic_mirror_policy.mirror.webservers.site import MirrorSite

MAPS = r"""
# nginx makes the ETag "<seconds>-<size>"; endpoints get "<seconds><size>".
map $elastic_mirror_own_etag $elastic_mirror_etag {
    default $elastic_mirror_own_etag;
    '~^"(?<elastic_mirror_seconds>[0-9a-f]+)-(?<elastic_mirror_size>[0-9a-f]+)"$'
        '"$elastic_mirror_seconds$elastic_mirror_size"';
}

# Whether If-None-Match names that ETag: alone, as W/"...", in a list, or by *.
map '$elastic_mirror_etag $http_if_none_match' $elastic_mirror_unchanged {
    default 0;
    '~^("[0-9a-f]+") (?:\*|(?:.*,)?[ \t]*(?:W/)?\1[ \t]*(?:,.*)?)$' 1;
}
""".lstrip()
"""What stands outside the server block."""

_ANSWER = r"""
location = /.elastic-mirror/etag {
    internal;
    etag on;
    try_files $elastic_mirror_file @elastic_mirror_missing;
}

location @elastic_mirror_missing {
    return 204;
}

location @elastic_mirror_answer {
    error_page 418 =304 @elastic_mirror_unchanged;
    if ($elastic_mirror_unchanged) {
        return 418;
    }
    add_header ETag $elastic_mirror_etag;
    try_files $elastic_mirror_file =404;
}

# The file's headers with status 304: nginx sends no body then.
location @elastic_mirror_unchanged {
    add_header ETag $elastic_mirror_etag;
    try_files $elastic_mirror_file =404;
}
""".lstrip()


def server(site: MirrorSite) -> str:
    """Return what stands inside the server block."""
    return rf"""
root "{site.root}";
default_type application/octet-stream;

# Hidden files: records and unfinished files.
location ~ "/\." {{
    return 404;
}}

# First a look at the file for its ETag, then the answer.
location ~ "^{site.prefix_regex}(?<elastic_mirror_file>/downloads/.+)$" {{
    auth_request /.elastic-mirror/etag;
    auth_request_set $elastic_mirror_own_etag $sent_http_etag;
    try_files /.elastic-mirror/none @elastic_mirror_answer;
}}

{_ANSWER}""".lstrip()
