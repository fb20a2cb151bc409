# shellcheck shell=bash
# Debian packages that the machine must provide.

# Installs Debian packages without questions, except for sudo's password. $1: their purpose; the rest: their names.
install_packages() {
    local purpose=$1
    shift
    command -v apt-get >/dev/null ||
        die "$purpose is missing, and apt-get is not available. Install the equivalents of these Debian packages, then start again: $*"
    local as_root=()
    if [[ $EUID != 0 ]]; then
        command -v sudo >/dev/null ||
            die "$purpose is missing. Ask an administrator to run 'apt-get install $*', then start again."
        as_root=(sudo)
    fi
    say "Installing $purpose: $*"
    "${as_root[@]}" apt-get update -qq || true # Slightly outdated lists are good enough.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        die "'apt-get install $*' failed. Is there a network? Its output is above."
}

# Ensures that Rust, a C compiler and make are installed, and claims the build folder.
ensure_compiler() {
    command -v rustup >/dev/null || command -v cargo >/dev/null ||
        die "Rust is missing. Install it from https://rustup.rs, then start again."
    command -v cc >/dev/null || install_packages "a C compiler" gcc libc6-dev
    command -v make >/dev/null || install_packages "make" make
    claim_build_folder
}

# Needed by the browser tests and wasm-opt.
require_node() {
    command -v npm >/dev/null || die "Node.js is missing. Install version 20 or later with npm, then start again."
}

# Needed by the local Cognito.
ensure_python() {
    command -v python3 >/dev/null || install_packages "Python 3" python3
    # Debian packages the modules for virtual environments separately.
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages "Python's venv" python3-venv
}

# Ensures that PostgreSQL is installed and sets `postgres_folder`, the folder of its programs. $1: the data folder; if
# it exists, its version is required.
ensure_postgres() {
    local version=
    [[ -f $1/PG_VERSION ]] && version=$(<"$1/PG_VERSION")
    find_postgres "$version" && return
    [[ -z $version ]] || die "$1 was created by PostgreSQL $version, which is no longer installed. Install it, or delete that folder."
    install_packages "PostgreSQL" postgresql
    find_postgres "" || die "PostgreSQL was installed, but its programs were not found in /usr/lib/postgresql."
}

find_postgres() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/"${1:-*}"/bin | sort -rV) "$(pg_config --bindir 2>/dev/null)"; do
        if [[ -x $folder/initdb && -x $folder/postgres && -x $folder/psql ]]; then
            postgres_folder=$folder
            return 0
        fi
    done
    return 1
}

# NATS carries events between servers. Debian installs it in /usr/sbin, which is not on every user's PATH.
ensure_nats() {
    PATH=$PATH:/usr/sbin
    command -v nats-server >/dev/null || install_packages "NATS" nats-server
}

# The tests run a server behind PgBouncer. Debian installs it in /usr/sbin.
ensure_pgbouncer() {
    PATH=$PATH:/usr/sbin
    command -v pgbouncer >/dev/null || install_packages "PgBouncer" pgbouncer
}

# Ensures that Firefox is installed and sets FIREFOX, which is empty if it cannot be installed: Ubuntu packages Firefox
# only as a snap.
ensure_firefox() {
    local name
    for name in "${FIREFOX:-firefox-esr}" firefox; do
        FIREFOX=$(command -v "$name") && export FIREFOX && return
    done
    if apt-cache show firefox-esr >/dev/null 2>&1; then
        # A failure is not fatal: the tests still run in Chromium.
        (install_packages "Firefox" firefox-esr) || true
        FIREFOX=$(command -v firefox-esr) && export FIREFOX && return
    fi
    say "Firefox is not available, so its tests are skipped. To run them: FIREFOX=/path/to/firefox $0"
    export FIREFOX=
}

# Ensures that a Chromium for Playwright is installed and sets CHROMIUM. Prefers the headless shell: the full browser
# renders invisible windows and takes about twice as long.
ensure_chromium() {
    local name
    if [[ -z ${CHROMIUM:-} ]] && ! command -v chromium-headless-shell >/dev/null &&
        apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        # A failure is not fatal: the full browser works, too.
        (install_packages "Chromium" chromium-headless-shell) || true
    fi
    for name in "${CHROMIUM:-chromium-headless-shell}" chromium google-chrome; do
        CHROMIUM=$(command -v "$name") && export CHROMIUM && return
    done
    install_packages "Chromium" chromium
    CHROMIUM=$(command -v chromium) || die "Chromium was installed, but is not on PATH. Set its path: CHROMIUM=/path/to/chromium $0"
    export CHROMIUM
}
