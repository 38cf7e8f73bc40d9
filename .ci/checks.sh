# shellcheck shell=bash
# Functions of scripts that check something with tools of other projects: sourced, with the repository's root as the
# working directory. Tools are installed once, in cargo's output directory. A check whose tool is not available is
# skipped, and reported as skipped; with CHECKS=all, as in the pipelines, a skipped check is a failure.

checks=$(basename "$0")
tools=${CARGO_TARGET_DIR:-target}/tools
failed=0
skipped=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/oms-$checks.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

fail() { echo "$checks: $*" >&2; failed=1; }

skip() {
  if [ "${CHECKS:-}" = all ]; then fail "skipped: $*"; return; fi
  echo "$checks: skipped: $*" >&2
  skipped=1
}

# Runs a check. Its output is printed only if it fails.
check() { # subject, command…
  local subject=$1
  shift
  if ! "$@" >"$scratch/output" 2>&1; then
    fail "$subject:"
    sed 's/^/  /' "$scratch/output" >&2
  fi
}

# Prints the result of all checks, and exits with it.
finish() {
  if [ "$failed" -ne 0 ]; then exit 1; fi
  if [ "$skipped" -ne 0 ]; then echo "$checks: ok, except for the skipped checks"; else echo "$checks: ok"; fi
  exit 0
}

# The program that cargo built last, or the one that OMS_BIN names, as in the black-box tests.
built_program() {
  local program=${OMS_BIN:-${CARGO_TARGET_DIR:-target}/debug/oms}
  if [ ! -x "$program" ]; then
    echo "$checks: there is no $program: run \`cargo build --workspace --all-targets\` first" >&2
    return 1
  fi
  realpath "$program"
}

checksum_of() { printf '%s\n' "$@" | cksum | cut -d ' ' -f 1; }

# Installs tools into a temporary directory and then renames it, so that concurrent runs never use an incomplete one.
install_once() { # directory, command that fills the directory which is its last argument
  local home=$1 incomplete="$1.$$"
  shift
  [ ! -d "$home" ] || return 0
  mkdir -p "$tools"
  if "$@" "$incomplete" >"$scratch/install.log" 2>&1 && mv -T "$incomplete" "$home" 2>/dev/null; then return 0; fi
  rm -rf "$incomplete"
  [ -d "$home" ]
}

fill_python() { # package==version…, directory
  local home=${*: -1}
  python3 -m venv "$home" && "$home/bin/python3" -m pip install --quiet --disable-pip-version-check "${@:1:$#-1}"
}

fill_npm() { # package@version…, directory
  local home=${*: -1}
  mkdir "$home" && npm install --silent --no-fund --no-audit --prefix "$home" "${@:1:$#-1}"
}

# Each of the next two prints the directory in which these packages are installed: its name contains a checksum of the
# versions. If they cannot be installed, it prints the reason instead, and fails.
#
# Programs in the `bin` of a Python environment contain its temporary name: call `bin/python3 -m` instead.
python_packages() { # package==version…
  local home
  home=$tools/python-$(checksum_of "$@")
  if ! command -v python3 >/dev/null; then
    echo "python3 is not installed"
    return 1
  fi
  installed_in "$home" fill_python "$@"
}

npm_packages() { # package@version…
  local home
  home=$tools/npm-$(checksum_of "$@")
  if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "npm is not installed"
    return 1
  fi
  installed_in "$home" fill_npm "$@"
}

installed_in() { # directory, function, packages…
  if install_once "$@"; then
    echo "$1"
  else
    echo "cannot install ${*:3} ($(tail -n 1 "$scratch/install.log"))"
    return 1
  fi
}
