#!/usr/bin/env bash
# Makes sure that this machine can draw pictures without a screen (for videos of the robot; nothing else needs it).
# Installs what is missing where it may, else says what to install. Needs the Python environment of `make setup`.
set -euo pipefail

PY=${PY:-.venv/bin/python}
PACKAGES=(libegl1 libgl1-mesa-dri)

can_draw() {
  "$PY" -c 'from playground_amp.rendering.frames import require_rendering; require_rendering()' 2>/dev/null
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo --non-interactive "$@"; fi
}

install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" -eq 0 ] || sudo --non-interactive true 2>/dev/null || return 1
  echo "installing ${PACKAGES[*]} (for videos)" >&2
  as_root apt-get update -qq >&2 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${PACKAGES[@]}" >/dev/null
}

if can_draw; then
  exit 0
fi
install || true
if ! can_draw; then
  echo "There will be no video: this machine cannot draw pictures. Install OpenGL without a screen" >&2
  echo "(Debian, Ubuntu: apt-get install ${PACKAGES[*]}) and run the command again. All else works." >&2
  exit 1
fi
