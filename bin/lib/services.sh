# shellcheck shell=bash
# Local PostgreSQL, DynamoDB and Cognito, which run as long as the script.
#
# Each is a child process in its own session, so that Ctrl-C in the terminal does not stop it before the web server. A
# parent-death signal stops it if the script is killed. A service must not inherit descriptor 9, the script's lock.

service_pids=()

# Starts a service. $1: its name; $2: the signal that stops it; the rest: options of setpriv, `--` and the command.
start_service() {
    local name=$1 signal=$2
    shift 2
    (cd / && exec setsid setpriv --pdeathsig "$signal" "$@") >"$log_folder/$name.log" 2>&1 </dev/null 9>&- &
    service_pids+=("$signal:$!")
}

# Stops all services, the last one first, and waits for them to exit.
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

# Waits up to 30 s for a command to succeed. $1: the service that it checks; the rest: the command.
wait_for() {
    local name=$1 attempt
    shift
    for ((attempt = 0; attempt < 300; attempt++)); do
        "$@" >/dev/null 2>&1 && return
        # Stop waiting if the service has exited.
        kill -0 "${service_pids[-1]##*:}" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$log_folder/$name.log" >&2
    die "$name did not start. The end of its log is above, the full log is $log_folder/$name.log"
}

# Sets `cluster`, the folder of the PostgreSQL cluster, and `postgres_account`, the options that run PostgreSQL as its
# owner. PostgreSQL refuses to run as root; root uses another account and a folder that this account can access.
# $1: the requested folder.
choose_cluster() {
    cluster=$1
    postgres_account=()
    [[ $EUID == 0 ]] || { mkdir -p "$cluster" && return; }
    local account=nobody
    id postgres >/dev/null 2>&1 && account=postgres
    postgres_account=(--reuid "$account" --regid "$(id -g "$account")" --init-groups)
    cluster=/var/tmp/cruddur-messages-$(printf %s "$1" | sha256sum | cut -c 1-16)
    # Deleting the requested folder means a clean start, so the actual cluster is deleted as well.
    [[ -d $1 ]] || rm -rf "$cluster"
    mkdir -p "$1"
    install -d -m 700 -o "$account" "$cluster"
}

# Runs a command as the account that owns the cluster.
as_postgres() {
    (cd / && exec setpriv "${postgres_account[@]}" -- "$@")
}

# Starts PostgreSQL and sets DATABASE_URL. $1: the folder of the cluster; $2: port; $3: the password of its owner
# `cruddur`; the rest: further options.
start_postgres() {
    local port=$2 password=$3
    choose_cluster "$1"
    ensure_postgres "$cluster/data"
    init_cluster "$password"
    stop_stale_postgres
    start_service postgres INT "${postgres_account[@]}" -- "$postgres_folder/postgres" -D "$cluster/data" \
        -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories= "${@:4}"
    local login="host=127.0.0.1 port=$port user=cruddur password=$password"
    wait_for postgres "$postgres_folder/psql" "$login dbname=postgres" -c 'select 1'
    [[ -n $("$postgres_folder/psql" "$login dbname=postgres" -tAc "select 1 from pg_database where datname = 'cruddur'") ]] ||
        "$postgres_folder/psql" "$login dbname=postgres" -qc 'create database cruddur'
    export DATABASE_URL=postgres://cruddur:$password@127.0.0.1:$port/cruddur
}

# Creates the cluster under a temporary name, so that an interrupted initdb is not mistaken for a complete cluster.
init_cluster() {
    as_postgres test -f "$cluster/data/PG_VERSION" && return
    say "Creating a PostgreSQL cluster in $cluster"
    as_postgres rm -rf "$cluster/half-made" "$cluster/data"
    printf '%s\n' "$1" | as_postgres tee "$cluster/password" >/dev/null
    as_postgres "$postgres_folder/initdb" -D "$cluster/half-made" -U cruddur --pwfile "$cluster/password" \
        --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 >"$log_folder/initdb.log" 2>&1 ||
        die "initdb failed. Its output is in $log_folder/initdb.log"
    as_postgres rm "$cluster/password"
    as_postgres mv "$cluster/half-made" "$cluster/data"
}

# Stops the PostgreSQL of a killed script, which may still be shutting down, and deletes its stale pid file.
stop_stale_postgres() {
    local pid attempt
    pid=$(as_postgres head -n 1 "$cluster/data/postmaster.pid" 2>/dev/null) || return 0
    for ((attempt = 0; attempt < 300; attempt++)); do
        tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$cluster/data" || break
        kill -s INT "$pid" 2>/dev/null
        sleep 0.1
    done
    as_postgres rm -f "$cluster/data/postmaster.pid"
}

# Starts DynamoDB and sets its endpoint. $1: port; $2: the file of its tables, or empty to keep them in memory.
start_dynamodb() {
    start_service dynamodb TERM -- "$tools_folder/bin/dynoxide" --host 127.0.0.1 --port "$1" ${2:+--db-path "$2"}
    wait_for dynamodb is_open "$1"
    export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$1
}

# Indexes and trims dynoxide's stream records. dynoxide keeps every record forever, without an index, and scans all of
# them on every write: after a few thousand sends it would do nothing else. The trigger keeps the newest million
# records, about 120,000 sends; no reader may fall behind further. SQLite uses the index only if CAST and INTEGER are
# spelled exactly as in dynoxide's query. $1: the file of its tables.
index_stream() {
    "$python_folder/bin/python" - "$1" <<'PYTHON'
import sqlite3, sys
tables = sqlite3.connect(sys.argv[1])
tables.execute("""create index stream_sequence
    on _stream_records (table_name, CAST(sequence_number AS INTEGER), shard_id)""")
tables.execute("""create trigger trim_stream after insert on _stream_records
    begin delete from _stream_records where id <= new.id - 1000000; end""")
tables.commit()
PYTHON
}

# Starts Cognito and sets its endpoint. $1: port; $2: the folder of its user pools.
start_cognito() {
    start_ministack cognito "$1" "$2" cognito-idp,ses
    export AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=$ministack_url
}

# Starts a ministack process and sets `ministack_url`. Without IOT_MTLS_ENABLED=0 it would open a port to the network.
# $1: a name; $2: port; $3: the folder of its data; $4: the AWS services that it emulates, separated by commas.
start_ministack() {
    start_service "$1" TERM -- env IOT_MTLS_ENABLED=0 AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT="$2" \
        PERSIST_STATE=1 STATE_DIR="$3" MINISTACK_REGION="$AWS_REGION" SERVICES="$4" "$python_folder/bin/ministack"
    wait_for "$1" is_open "$2"
    ministack_url=http://127.0.0.1:$2
}

# Exports the variables that a file sets. $1: the file.
export_env_file() {
    set -a
    # shellcheck source=/dev/null
    . "$1"
    set +a
}

# Points the AWS SDK at the local services, overriding the user's own AWS settings. Marks a developer's machine, on which
# no load balancer has to notice that a server shuts down.
use_local_aws() {
    unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL
    export LOCAL=true SHUTDOWN_DELAY_SECS=0 STREAM_CLOSE_SECS=0
    export AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
    export AWS_EC2_METADATA_DISABLED=true
}
