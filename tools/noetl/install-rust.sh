#!/bin/sh
# Builds the Rust server and worker of NoETL from crates.io into a folder of the user's cache, for `npm run test:noetl-rust`,
# and prints that folder. Needs a Rust toolchain, a C++ compiler and half an hour the first time.
set -eu
server=3.54.0
worker=5.52.0
target="${XDG_CACHE_HOME:-$HOME/.cache}/noetl-gateway/noetl-rust-$server-$worker"
if [ ! -e "$target/ready" ]; then
  PATH="$PATH:$HOME/.cargo/bin"
  command -v cargo >/dev/null || { echo 'the Rust server needs cargo, of a Rust toolchain' >&2; exit 1; }
  # Unoptimised: the programs are for tests, and the build is four times as quick.
  export CARGO_TARGET_DIR="$target/build" CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_STRIP=true
  cargo install --locked --quiet --root "$target" --version "$server" noetl-server >&2
  cargo install --locked --quiet --root "$target" --version "$worker" noetl-worker >&2
  rm -rf "$target/build"
  touch "$target/ready"
fi
echo "$target"
