#!/bin/sh
# Installs a release of NoETL (Python server and worker) into a folder of the user's cache, for the tests that need a real
# server, and prints that folder. Needs Python 3.12 or newer; about a minute and a half the first time.
# Usage: install.sh [version]
set -eu
version=${1:-4.26.0}
target="${XDG_CACHE_HOME:-$HOME/.cache}/noetl-gateway/noetl-$version"
if [ ! -e "$target/ready" ]; then
  # Test files that run at the same time install it once. A lock that is older than the slowest install is left over.
  mkdir -p "$(dirname "$target")"
  until mkdir "$target.lock" 2>/dev/null; do
    [ -z "$(find "$target.lock" -prune -mmin +15 2>/dev/null)" ] || rmdir "$target.lock"
    sleep 1
  done
  trap 'rmdir "$target.lock"' EXIT
fi
if [ ! -e "$target/ready" ]; then
  python=
  for candidate in "${NOETL_PYTHON:-}" python3.13 python3.12 python3 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then
      python=$candidate
      break
    fi
  done
  [ -n "$python" ] || { echo 'NoETL needs Python 3.12 or newer; name it in NOETL_PYTHON' >&2; exit 1; }
  rm -rf "$target"
  "$python" -m venv "$target"
  "$target/bin/pip" install --quiet --disable-pip-version-check "noetl==$version" >&2
  touch "$target/ready"
fi
echo "$target"
