#!/usr/bin/env bash
# Make .venv what the requirement files say: at once where it is already, whole again where a kill left it half done.
#   envs/setup.sh        what the workflow needs
#   envs/setup.sh app    and the page on which networks are tried
#   envs/setup.sh dev    and what the tests need
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Earshot needs Python 3.11 or newer, $python is $("$python" --version 2>&1). Set PYTHON=... to another." >&2
  exit 1
}

install() { # name, requirement files: install unless a stamp says that just these are installed
  local name=$1 stamp
  shift
  stamp=.venv/$name-$(cat "$@" pyproject.toml | sha256sum | cut -c1-16)
  [[ -e $stamp ]] && return
  # A kill in mid-install leaves packages that look whole: begin anew. Another $name means other versions: likewise.
  if [[ ! -e .venv/whole || -n $(compgen -G ".venv/$name-*") ]]; then
    echo "Setting up the environment in .venv"
    rm -rf .venv
    "$python" -m venv .venv
  fi
  rm -f .venv/whole
  # pip names each package as it comes to it, so that nobody stares at a still terminal.
  .venv/bin/pip install --no-input --disable-pip-version-check --progress-bar off "${@/#/-r}" 2> >(grep -v '^WARNING: Location' >&2) |
    awk '/^Collecting/ {printf "  %s\n", $2; fflush()} /^Installing collected/ {print "  ... installing all of them"; fflush()}'
  .venv/bin/pip install --quiet --no-input --disable-pip-version-check --no-deps --editable . 2> >(grep -v '^WARNING: Location' >&2)
  touch .venv/whole "$stamp"
}

exec 9> .venv.lock
flock 9 # a second make waits for the first
install workflow envs/requirements.txt
[[ ${1:-} != app ]] || install app envs/requirements{,-app}.txt
[[ ${1:-} != dev ]] || install dev envs/requirements{,-app,-mpi,-listener,-dev}.txt
