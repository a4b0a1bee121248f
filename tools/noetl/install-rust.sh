#!/bin/sh
# Builds a Rust server and worker of NoETL into a folder of the user's cache, for `npm run test:noetl-rust`, and prints
# that folder: `install-rust.sh 3.83` from their public Git repositories, `install-rust.sh 3.54` from crates.io.
# NOETL_RUST_SOURCE, for 3.83: a folder with Git repositories server, worker and ehdb, which stand for those of
# github.com/noetl; server and worker are built as they are checked out there.
# Needs a Rust toolchain, for 3.54 a C++ compiler too, and half an hour the first time.
set -eu
git=https://github.com/noetl
case "${1:-3.83}" in
3.83) server=3.83.1 worker=5.120.0 ;;
3.54) server=3.54.0 worker=5.52.0 ;;
*) echo "no such server: $1" >&2 && exit 1 ;;
esac
target="${XDG_CACHE_HOME:-$HOME/.cache}/noetl-gateway/noetl-rust-$server"
if [ ! -e "$target/ready" ]; then
  PATH="$PATH:$HOME/.cargo/bin"
  command -v cargo >/dev/null || { echo 'the Rust server needs cargo, of a Rust toolchain' >&2; exit 1; }
  # Unoptimised: the programs are for tests, and the build is four times as quick.
  export CARGO_TARGET_DIR="${NOETL_RUST_BUILD:-$target/build}" CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_STRIP=true
  build() { cargo install --locked --quiet --root "$target" "$@" >&2; }
  if [ $server = 3.54.0 ]; then
    build --version $server noetl-server
    build --version $worker noetl-worker
  elif [ -n "${NOETL_RUST_SOURCE:-}" ]; then
    export CARGO_NET_GIT_FETCH_WITH_CLI=true GIT_CONFIG_COUNT=1 \
      GIT_CONFIG_KEY_0="url.$NOETL_RUST_SOURCE/.insteadOf" GIT_CONFIG_VALUE_0="$git/"
    build --path "$NOETL_RUST_SOURCE/server"
    build --path "$NOETL_RUST_SOURCE/worker" --no-default-features --bin noetl-worker
  else
    build --git $git/server --rev d9ec700c116d4dddfdb581a344d44a86bd99324a noetl-server
    build --git $git/worker --rev f6fae7ef2ddb3793ce1ec2d4e7af0966e07f4932 --no-default-features --bin noetl-worker noetl-worker
  fi
  rm -rf "$target/build"
  touch "$target/ready"
fi
echo "$target"
