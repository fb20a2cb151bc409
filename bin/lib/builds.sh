# shellcheck shell=bash
# Where cargo builds.

# Cargo tells the code of two checkouts in one build folder apart by nothing but the times of files, and so would take what
# another checkout has built for its own. One at a time has the folder: whoever takes it over is built anew, dependencies
# are not. While another checkout is at work in it, this one builds in a folder of its own. Sets CARGO_BUILD_BUILD_DIR.
claim_build_folder() {
    local owner=$cache_folder/target-of
    mkdir -p "$cache_folder"
    # Held by this script and all that it starts, as long as any of them runs.
    exec {build_folder_lock}>"$cache_folder/target.lock"
    flock -s "$build_folder_lock"
    [[ -f $owner && $(<"$owner") == "$checkout" ]] && return
    if ! flock -n "$build_folder_lock"; then
        exec {build_folder_lock}>&-
        export CARGO_BUILD_BUILD_DIR=$local_folder/target
        say "Another checkout is at work in $cache_folder/target: this one builds all of it again in $CARGO_BUILD_BUILD_DIR"
        return
    fi
    (cd "$checkout" && touch build.rs src/lib.rs src/main.rs src/bin/*/main.rs src/tests/mod.rs)
    printf '%s' "$checkout" >"$owner"
    flock -s "$build_folder_lock"
}
