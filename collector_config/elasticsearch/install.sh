#!/bin/sh
# Puts the lifecycle policy and the templates into Elasticsearch 8.16 or newer, each at the path that its file has here:
#   ELASTICSEARCH_ENDPOINT=http://localhost:9200 sh install.sh
# ELASTICSEARCH_API_KEY is the key, where one is asked for. What is refused is told, and makes it fail; the rest goes on.
set -u
cd "$(dirname "$0")"
refused=0
for file in _ilm/policy/*.json _component_template/*.json _index_template/*.json; do
    printf 'Authorization: %s\n' "${ELASTICSEARCH_API_KEY:+ApiKey $ELASTICSEARCH_API_KEY}" |
        curl --silent --show-error --fail-with-body --header @- --header 'Content-Type: application/json' \
            --request PUT --data-binary "@$file" "${ELASTICSEARCH_ENDPOINT:-http://127.0.0.1:9200}/${file%.json}" ||
        { refused=1; printf ' REFUSED'; }
    echo "  $file"
done
exit $refused
