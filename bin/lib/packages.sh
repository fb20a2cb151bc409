# shellcheck shell=bash
# Debian's packages: what the machine itself must have.

# Installs packages by name, asking nothing but sudo's password. $1: what they are for; the rest: their names.
install_packages() {
    local purpose=$1
    shift
    command -v apt-get >/dev/null ||
        give_up "$purpose is missing, and so is apt-get. Install what corresponds to these Debian packages, then start again: $*"
    local as_root=()
    if [[ $EUID != 0 ]]; then
        command -v sudo >/dev/null ||
            give_up "$purpose is missing. Let an administrator run 'apt-get install $*', then start again."
        as_root=(sudo)
    fi
    say "Installing $purpose: $*"
    "${as_root[@]}" apt-get update -qq || true # Lists that are a little old still do.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        give_up "'apt-get install $*' failed. Is there a network? Its own words are above."
}

# What compiling needs besides Rust, and where it is done.
need_compiler() {
    command -v rustup >/dev/null || command -v cargo >/dev/null ||
        give_up "Rust is missing. Install it from https://rustup.rs, then start again."
    command -v cc >/dev/null || install_packages "a C compiler" gcc libc6-dev
    claim_build_folder
}

# What the browser tests and wasm-opt need.
need_node() {
    command -v npm >/dev/null || give_up "Node.js is missing. Install version 20 or later with npm, then start again."
}

# What the local Cognito needs.
need_python() {
    command -v python3 >/dev/null || install_packages "Python 3" python3
    # Debian ships Python without the module that fills a virtual environment.
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages "Python's venv" python3-venv
}

# PostgreSQL's programs; sets `postgres_folder`. $1: a cluster that already exists fixes the version.
need_postgres() {
    local version=
    [[ -f $1/PG_VERSION ]] && version=$(<"$1/PG_VERSION")
    find_postgres "$version" && return
    [[ -z $version ]] || give_up "$1 was made by PostgreSQL $version, which is no longer installed. Install it, or remove that folder."
    install_packages "PostgreSQL" postgresql
    find_postgres "" || give_up "PostgreSQL was installed, but its programs were not found in /usr/lib/postgresql."
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

# What carries events between servers. Debian puts it where only root looks.
need_nats() {
    PATH=$PATH:/usr/sbin
    command -v nats-server >/dev/null || install_packages "NATS" nats-server
}

# Debian's Firefox; sets FIREFOX, to nothing where there is none: Ubuntu has none that could be installed so.
need_firefox() {
    local name
    for name in "${FIREFOX:-firefox-esr}" firefox; do
        FIREFOX=$(command -v "$name") && export FIREFOX && return
    done
    if apt-cache show firefox-esr >/dev/null 2>&1; then
        # Whatever is in the way: the other browser is tested all the same.
        (install_packages "Firefox" firefox-esr) || true
        FIREFOX=$(command -v firefox-esr) && export FIREFOX && return
    fi
    say "No Firefox can be installed here: what is tested in it is left out. Name one to test it: FIREFOX=/path/to/firefox $0"
    export FIREFOX=
}

# A Chromium for Playwright; sets CHROMIUM. Where it is to be had, the one without windows: the whole browser draws some
# that nobody sees, and takes about twice as long.
need_chromium() {
    local name
    if [[ -z ${CHROMIUM:-} ]] && ! command -v chromium-headless-shell >/dev/null &&
        apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        # Whatever is in the way: another one will do.
        (install_packages "Chromium" chromium-headless-shell) || true
    fi
    for name in "${CHROMIUM:-chromium-headless-shell}" chromium google-chrome; do
        CHROMIUM=$(command -v "$name") && export CHROMIUM && return
    done
    install_packages "Chromium" chromium
    CHROMIUM=$(command -v chromium) || give_up "Chromium was installed, but is not on PATH. Name it: CHROMIUM=/path/to/chromium $0"
    export CHROMIUM
}
