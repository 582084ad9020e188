#!/bin/sh
# Makes .venv from requirements.lock, then adds the workspace's own packages. Run by the Makefile.
# uv comes out of the lock too, by plain pip with its hashes, and does the rest: 14 s instead of 50.
set -eu
cd "$(dirname "$0")/../.."

say() { echo "$*" >&2; }

suits() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  for name in ${PYTHON:-} python3 python3.11 python3.12 python3.13 python3.14 python; do
    if command -v "$name" >/dev/null 2>&1 && suits "$name"; then
      command -v "$name"
      return
    fi
  done
  say "Python 3.11 or newer is not here: install it (it may be named by PYTHON=/path/to/python3)."
  return 1
}

make_venv() {
  python=$(find_python)
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "Python $version is here without venv: install python$version-venv, then run this again."
    return 1
  fi
  echo "making .venv with Python from $python"
  "$python" -m venv --clear .venv
}

here=$(pwd -P)

# Its Python may be gone, or it may have been copied from another folder, which it still points to.
usable() {
  [ -x .venv/bin/python ] && suits .venv/bin/python &&
    [ "$(cat .venv/.ready 2>/dev/null || echo "$here")" = "$here" ] &&
    { has_uv || .venv/bin/python -m pip --version >/dev/null 2>&1; }
}

has_uv() {
  locked=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)
  case "$(.venv/bin/uv --version 2>/dev/null)" in "uv $locked" | "uv $locked "*) true ;; *) false ;; esac
}

install_uv() {
  awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements.lock > .venv/uv.txt
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
}

usable || make_venv
# A home that cannot be written (a service user's) must not stop us.
mkdir -p "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/uv" 2>/dev/null || export UV_CACHE_DIR="$PWD/.venv/cache"
export VIRTUAL_ENV="$PWD/.venv" UV_NO_PROGRESS=1
has_uv || install_uv
echo "installing requirements.lock into .venv"
.venv/bin/uv pip sync --quiet --require-hashes requirements.lock
members=""
for member in "$@"; do members="$members -e $member"; done
# shellcheck disable=SC2086  # one word per option is meant
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --offline $members
echo "$here" > .venv/.ready
