# shellcheck shell=bash
# Speaking to the person at the terminal.

# A line about what happens now.
say() {
    printf '\033[1;35m▸\033[0m %s\n' "$*"
}

# Ends the script with a sentence that says what to do.
give_up() {
    printf '\n\033[1;31m✗\033[0m %s\n' "$*" >&2
    exit 1
}
