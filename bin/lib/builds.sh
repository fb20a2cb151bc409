# shellcheck shell=bash
# Cargo's build folder.

# Claims the shared build folder for this checkout. Cargo tells checkouts in one build folder apart only by file times,
# so it would mistake another checkout's build for its own. Therefore the folder has one owner at a time. A new owner
# rebuilds the package, but no dependencies. While another checkout is using the folder, this one builds in its own and
# sets CARGO_BUILD_BUILD_DIR.
claim_build_folder() {
    local owner=$cache_folder/target-of
    mkdir -p "$cache_folder"
    # Inherited by child processes: the lock is held until this script and all of them have ended.
    exec {build_folder_lock}>"$cache_folder/target.lock"
    flock -s "$build_folder_lock"
    [[ -f $owner && $(<"$owner") == "$checkout" ]] && return
    if ! flock -n "$build_folder_lock"; then
        exec {build_folder_lock}>&-
        export CARGO_BUILD_BUILD_DIR=$local_folder/target
        say "Another checkout is using $cache_folder/target, so this one builds everything in $CARGO_BUILD_BUILD_DIR"
        return
    fi
    (cd "$checkout" && touch -c build.rs src/lib.rs src/main.rs src/bin/*/main.rs src/tests/mod.rs src/tests/*/main.rs)
    printf '%s' "$checkout" >"$owner"
    flock -s "$build_folder_lock"
}
