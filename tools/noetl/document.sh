#!/bin/sh
# Writes the OpenAPI document of a release of NoETL into the user's cache, and prints its place. The wheel of the release is unpacked without
# its dependencies; they are those of the release that install.sh installs, so that many releases take one environment.
# Usage: document.sh <version>
set -eu
version=$1
here=$(dirname "$0")
folder="${XDG_CACHE_HOME:-$HOME/.cache}/noetl-gateway/documents/$version"
if [ ! -e "$folder/openapi.json" ]; then
  base=$(sh "$here/install.sh")
  rm -rf "$folder"
  mkdir -p "$folder/wheel"
  trap 'rm -rf "$folder/wheel" "$folder/unpacked" "$folder/openapi.part"' EXIT
  "$base/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$folder/wheel" "noetl==$version" >&2
  "$base/bin/python" -m zipfile -e "$folder"/wheel/*.whl "$folder/unpacked"
  "$base/bin/python" "$here/print_document.py" "$folder/unpacked" > "$folder/openapi.part" 2> "$folder/log"
  mv "$folder/openapi.part" "$folder/openapi.json"
fi
echo "$folder/openapi.json"
