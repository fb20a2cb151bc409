# shellcheck shell=bash
# TCP ports on this machine.

# Succeeds if a program listens on port $1.
is_open() {
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Exits if a port is in use. $1: the name of the variable that holds the port; $2: its purpose.
require_free_port() {
    local attempt
    # Waits, because the services of a killed script need some seconds to stop.
    for ((attempt = 0; attempt < 100; attempt++)); do
        is_open "${!1}" || return 0
        sleep 0.1
    done
    die "Port ${!1}, for $2, is in use by another program. Choose another port: $1=$(free_port) $0"
}

# Prints a free port. Chosen below the kernel's ephemeral port range, so that no outgoing connection takes it meanwhile.
free_port() {
    local port
    for (( ; ; )); do
        port=$((RANDOM % 12000 + 20000))
        is_open "$port" || break
    done
    printf '%s' "$port"
}

# Succeeds if an HTTP server answers 200. $1: port; $2: path. Uses bash only: some machines lack curl and wget.
responds_ok() {
    local status
    {
        printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&"$connection"
        read -r -t 5 status <&"$connection"
        exec {connection}>&-
        [[ $status == *" 200 "* ]]
    } 2>/dev/null {connection}<>"/dev/tcp/127.0.0.1/$1"
}
