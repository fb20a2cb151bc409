# shellcheck shell=bash
# Messages to the user.

# Prints a progress line.
say() {
    printf '\033[1;35m▸\033[0m %s\n' "$*"
}

# Prints an error with advice and exits.
die() {
    printf '\n\033[1;31m✗\033[0m %s\n' "$*" >&2
    exit 1
}
