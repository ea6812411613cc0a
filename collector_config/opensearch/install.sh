#!/bin/sh
# Puts pipelines, templates and the lifecycle policy into OpenSearch, each at the path that its file has here:
#   OPENSEARCH_ENDPOINT=http://localhost:9200 sh install.sh
# OPENSEARCH_AUTHORIZATION is the header, where one is asked for. What is refused is told, and makes it fail; the rest goes
# on. A policy that is there already is refused, and stays.
set -u
cd "$(dirname "$0")"
refused=0
for file in _ingest/pipeline/*.json _component_template/*.json _index_template/*.json _plugins/_ism/policies/*.json; do
    printf 'Authorization: %s\n' "${OPENSEARCH_AUTHORIZATION:-}" |
        curl --silent --show-error --fail-with-body --header @- --header 'Content-Type: application/json' \
            --request PUT --data-binary "@$file" "${OPENSEARCH_ENDPOINT:-http://127.0.0.1:9200}/${file%.json}" ||
        { refused=1; printf ' REFUSED'; }
    echo "  $file"
done
exit $refused
