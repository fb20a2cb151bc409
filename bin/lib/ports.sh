# shellcheck shell=bash
# TCP ports on this machine.

# True if something listens there.
is_open() {
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Ends the script if a port is taken. $1: the variable that names it; $2: what it is for.
need_port() {
    local tries
    # What a script that was killed has started ends within seconds.
    for ((tries = 0; tries < 100; tries++)); do
        is_open "${!1}" || return 0
        sleep 0.1
    done
    give_up "Port ${!1}, for $2, is taken by another program. Choose another one: $1=$(free_port) $0"
}

# A port that nobody listens on. Below the range from which the kernel gives ports to clients, so that it stays free.
free_port() {
    local port
    for (( ; ; )); do
        port=$((RANDOM % 12000 + 20000))
        is_open "$port" || break
    done
    printf '%s' "$port"
}

# True if an HTTP server answers 200. $1: port; $2: path. Neither curl nor wget is on every machine.
answers() {
    local status
    {
        printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&"$connection"
        read -r -t 5 status <&"$connection"
        exec {connection}>&-
        [[ $status == *" 200 "* ]]
    } 2>/dev/null {connection}<>"/dev/tcp/127.0.0.1/$1"
}
