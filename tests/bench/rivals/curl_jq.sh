#!/bin/sh
# curl and jq: list every policy, then write each as it was listed, with the mirror in it.
# With the word "careful" each policy is read once more before it is written.
set -eu
url=$KIBANA_URL/api/fleet/package_policies
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' "Authorization: ApiKey $KIBANA_API_KEY" 'kbn-xsrf: x' \
    'elastic-api-version: 2023-10-31' 'Content-Type: application/json' >"$work/headers"

kibana() {
    curl --silent --show-error --fail --header "@$work/headers" "$@"
}

with_mirror='
  del(.id, .revision, .created_at, .created_by, .updated_at, .updated_by, .secret_references,
      .spaceIds)
  | .inputs[0].config.policy.value |= (
      .linux.advanced.artifacts.global.base_url = env.MIRROR
      | .mac.advanced.artifacts.global.base_url = env.MIRROR
      | .windows.advanced.artifacts.global.base_url = env.MIRROR)'

write() {
    jq -c "$with_mirror" "$2" >"$work/body"
    kibana -X PUT --data "@$work/body" "$url/$1" >"$work/answer"
}

defend='kuery=ingest-package-policies.package.name:endpoint'
if [ "${1-}" = careful ]; then
    kibana --get --data-urlencode "$defend" --data perPage=10000 "$url" |
        jq -r '.items[].id' >"$work/ids"
    while read -r id; do
        kibana "$url/$id" | jq .item >"$work/policy"
        write "$id" "$work/policy"
    done <"$work/ids"
else
    page=1
    while kibana --get --data-urlencode "$defend" --data "page=$page&perPage=100" "$url" \
        >"$work/page" && jq -c '.items[]' "$work/page" >>"$work/policies" &&
        [ "$(wc -l <"$work/policies")" -lt "$(jq .total "$work/page")" ]; do
        page=$((page + 1))
    done
    while IFS= read -r policy; do
        printf '%s\n' "$policy" >"$work/policy"
        write "$(jq -r .id "$work/policy")" "$work/policy"
    done <"$work/policies"
fi
