# shellcheck shell=bash
# PostgreSQL, DynamoDB and Cognito on this machine, for as long as the script runs.
#
# Each is a child of the script, in a session of its own so that Ctrl-C in the terminal does not reach it before the web
# server has stopped, and with a parent-death signal so that it also ends when the script is killed. Descriptor 9 is the
# script's lock, which a service must not inherit.

service_pids=()

# Runs a service in the background. $1: its name; $2: the signal that stops it; then options of setpriv, `--`, the command.
start_service() {
    local name=$1 signal=$2
    shift 2
    (cd / && exec setsid setpriv --pdeathsig "$signal" "$@") >"$log_folder/$name.log" 2>&1 </dev/null 9>&- &
    service_pids+=("$signal:$!")
}

# Ends what was started, the last first, and waits until it is gone.
stop_services() {
    local index
    for ((index = ${#service_pids[@]} - 1; index >= 0; index--)); do
        kill -s "${service_pids[index]%%:*}" "${service_pids[index]##*:}" 2>/dev/null || true
    done
    for index in "${service_pids[@]}"; do
        wait "${index##*:}" 2>/dev/null || true
    done
    service_pids=()
}

# Waits until a command succeeds, at most 30 s. $1: the service it speaks for; the rest: the command.
wait_for() {
    local name=$1 tries
    shift
    for ((tries = 0; tries < 300; tries++)); do
        "$@" >/dev/null 2>&1 && return
        # A service that has ended will not answer any more.
        kill -0 "${service_pids[-1]##*:}" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$log_folder/$name.log" >&2
    give_up "$name did not start. Its last words are above, all of them in $log_folder/$name.log"
}

# PostgreSQL does not run as root: then another account runs it, in a folder that this account can reach.
# $1: the folder for the cluster. Sets `cluster` and `postgres_account`.
choose_cluster() {
    cluster=$1
    postgres_account=()
    [[ $EUID == 0 ]] || { mkdir -p "$cluster" && return; }
    local account=nobody
    id postgres >/dev/null 2>&1 && account=postgres
    postgres_account=(--reuid "$account" --regid "$(id -g "$account")" --init-groups)
    cluster=/var/tmp/cruddur-messages-$(printf %s "$1" | sha256sum | cut -c 1-16)
    # The folder that was asked for stands for the cluster: who removes it wants a clean start.
    [[ -d $1 ]] || rm -rf "$cluster"
    mkdir -p "$1"
    install -d -m 700 -o "$account" "$cluster"
}

# Runs one of PostgreSQL's programs as the account that owns the cluster.
as_postgres() {
    (cd / && exec setpriv "${postgres_account[@]}" -- "$@")
}

# $1: the folder for the cluster; $2: port; $3: the password of `cruddur`, its owner; then further settings.
# Sets DATABASE_URL.
start_postgres() {
    local port=$2 password=$3
    choose_cluster "$1"
    need_postgres "$cluster/data"
    make_cluster "$password"
    end_stale_postgres
    start_service postgres INT "${postgres_account[@]}" -- "$postgres_folder/postgres" -D "$cluster/data" \
        -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories= "${@:4}"
    local login="host=127.0.0.1 port=$port user=cruddur password=$password"
    wait_for postgres "$postgres_folder/psql" "$login dbname=postgres" -c 'select 1'
    [[ -n $("$postgres_folder/psql" "$login dbname=postgres" -tAc "select 1 from pg_database where datname = 'cruddur'") ]] ||
        "$postgres_folder/psql" "$login dbname=postgres" -qc 'create database cruddur'
    export DATABASE_URL=postgres://cruddur:$password@127.0.0.1:$port/cruddur
}

# Makes the cluster under another name first: one that is half made is never taken for a whole one.
make_cluster() {
    as_postgres test -f "$cluster/data/PG_VERSION" && return
    say "Making a PostgreSQL cluster in $cluster"
    as_postgres rm -rf "$cluster/half-made" "$cluster/data"
    printf '%s\n' "$1" | as_postgres tee "$cluster/password" >/dev/null
    as_postgres "$postgres_folder/initdb" -D "$cluster/half-made" -U cruddur --pwfile "$cluster/password" \
        --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 >"$log_folder/initdb.log" 2>&1 ||
        give_up "initdb failed. Its own words are in $log_folder/initdb.log"
    as_postgres rm "$cluster/password"
    as_postgres mv "$cluster/half-made" "$cluster/data"
}

# The one of a script that was killed may still be writing its last pages; what it leaves behind may be out of date.
end_stale_postgres() {
    local pid tries
    pid=$(as_postgres head -n 1 "$cluster/data/postmaster.pid" 2>/dev/null) || return 0
    for ((tries = 0; tries < 300; tries++)); do
        tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$cluster/data" || break
        kill -s INT "$pid" 2>/dev/null
        sleep 0.1
    done
    as_postgres rm -f "$cluster/data/postmaster.pid"
}

# $1: port; $2: the file that keeps the tables, or nothing to keep them in memory.
start_dynamodb() {
    start_service dynamodb TERM -- "$tools_folder/bin/dynoxide" --host 127.0.0.1 --port "$1" ${2:+--db-path "$2"}
    wait_for dynamodb is_open "$1"
    export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$1
}

# dynoxide keeps every record of the table's stream for ever, without an index, and looks through all of them at every
# write: after a few thousand sends it would do nothing else. An index, and an end for what lies further back than any
# reader may fall: some 120,000 sends. CAST and INTEGER as dynoxide spells them, else SQLite does not know them again.
# $1: the file of its tables.
index_stream() {
    "$python_folder/bin/python" - "$1" <<'PYTHON'
import sqlite3, sys
tables = sqlite3.connect(sys.argv[1])
tables.execute("""create index stream_place
    on _stream_records (table_name, CAST(sequence_number AS INTEGER), shard_id)""")
tables.execute("""create trigger keep_stream_short after insert on _stream_records
    begin delete from _stream_records where id <= new.id - 1000000; end""")
tables.commit()
PYTHON
}

# $1: port; $2: the folder that keeps pools and people.
start_cognito() {
    start_ministack cognito "$1" "$2" cognito-idp,ses
    export AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=$ministack
}

# Without IOT_MTLS_ENABLED=0 it would open a port to the network. $1: its name; $2: port; $3: the folder that keeps its
# data; $4: the services of AWS that it plays, with commas between. Sets `ministack`, its address.
start_ministack() {
    start_service "$1" TERM -- env IOT_MTLS_ENABLED=0 AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT="$2" \
        PERSIST_STATE=1 STATE_DIR="$3" MINISTACK_REGION="$AWS_REGION" SERVICES="$4" "$python_folder/bin/ministack"
    wait_for "$1" is_open "$2"
    ministack=http://127.0.0.1:$2
}

# Sets and exports what a file of variables says. $1: the file.
export_from() {
    set -a
    # shellcheck source=/dev/null
    . "$1"
    set +a
}

# What the AWS SDK is told on this machine, whatever the person at it has set for an account of their own.
use_local_aws() {
    unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL
    export LOCAL=true AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
    export AWS_EC2_METADATA_DISABLED=true
}
