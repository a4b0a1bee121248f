#!/bin/sh
# Installs an OpenID provider made with Authlib into a folder of the user's cache, for
# tests/services/identity/authlib-provider.test.ts, and prints that folder. Needs Python 3.10 or newer.
set -eu
version=0.3.4
target="${XDG_CACHE_HOME:-$HOME/.cache}/noetl-gateway/oidc-provider-mock-$version"
if [ ! -e "$target/ready" ]; then
  rm -rf "$target"
  python3 -m venv "$target"
  "$target/bin/pip" install --quiet --disable-pip-version-check "oidc-provider-mock==$version" >&2
  touch "$target/ready"
fi
echo "$target"
