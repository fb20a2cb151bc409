# shellcheck shell=bash
# Tools in the exact versions that the project is built with. One on PATH in its version is taken as it is.

cargo_leptos_version=0.3.10
dynoxide_version=3.2.0
binaryen_version=132.0.0
ministack_version=1.5.33
cryptography_version=50.0.2
cfn_lint_version=1.58.0

# All that `cargo leptos watch` and the local services need.
need_tools() {
    mkdir -p "$tools_folder/bin"
    # Two scripts at once would build the same tool twice.
    exec {tools_lock}>"$cache_folder/lock"
    flock -n "$tools_lock" || { say "Waiting for another script that installs tools"; flock "$tools_lock"; }
    need_wasm_target
    need_wasm_bindgen
    need_dynoxide
    need_wasm_opt
    need_ministack
    need_cargo_leptos
    exec {tools_lock}>&-
}

# True if program $1 says version $2 of itself.
has_version() {
    command -v "$1" >/dev/null && "$1" --version 2>/dev/null | grep -qwF "$2"
}

# Builds a tool with little optimisation: running it is not where the time goes. $1: the crate; $2: its version.
install_crate() {
    say "Building $1 $2, once per machine"
    # A folder that is kept, so that a build which was interrupted goes on where it stopped.
    local build_folder=$cache_folder/build-$1
    env -u CARGO_BUILD_BUILD_DIR CARGO_TARGET_DIR="$build_folder" CARGO_PROFILE_RELEASE_OPT_LEVEL="${optimisation:-1}" \
        CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
        cargo install "$1" --version "$2" --root "$tools_folder" --force "${@:3}" ||
        give_up "$1 $2 could not be built. Is there a network? Cargo's own words are above."
    rm -rf "$build_folder"
}

# Builds executables for release. The variable as cargo-leptos sets it: what that has built is then not built again.
# $@: their names.
build_release() {
    LEPTOS_OUTPUT_NAME=cruddur-messages cargo build --quiet --release --locked --no-default-features --features ssr \
        "${@/#/--bin=}"
}

need_wasm_target() {
    local libraries
    libraries=$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown
    [[ -d $libraries ]] || rustup target add wasm32-unknown-unknown ||
        give_up "The standard library for WASM is missing, and rustup could not add it. Is there a network?"
}

# The version must be that of the crate: the two speak a private format.
need_wasm_bindgen() {
    local version
    version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' "$checkout/Cargo.lock")
    has_version wasm-bindgen "$version" || install_crate wasm-bindgen-cli "$version"
}

need_cargo_leptos() {
    has_version cargo-leptos "$cargo_leptos_version" && return
    # The largest of all. Nothing in it takes long to run but what compresses the files that are delivered.
    local name slow=()
    for name in brotli cargo-leptos libflate libflate_lz77; do
        slow+=(--config "profile.release.package.$name.opt-level=1")
    done
    optimisation=0 install_crate cargo-leptos "$cargo_leptos_version" --locked --features no_downloads "${slow[@]}"
}

# DynamoDB on this machine.
need_dynoxide() {
    [[ -x $tools_folder/bin/dynoxide && -f $tools_folder/dynoxide-$dynoxide_version ]] && return
    install_crate dynoxide-rs "$dynoxide_version" --locked --no-default-features --features native-sqlite,http-server,cli
    # The program tells the version of its product, not of its crate.
    touch "$tools_folder/dynoxide-$dynoxide_version"
}

# Debian's wasm-opt is too old for what rustc writes.
need_wasm_opt() {
    has_version wasm-opt "${binaryen_version%%.*}" && return
    need_node
    say "Installing wasm-opt $binaryen_version"
    npm install --silent --no-audit --no-fund --prefix "$cache_folder/npm" "binaryen@$binaryen_version" ||
        give_up "npm could not install binaryen@$binaryen_version. Is there a network?"
    ln -sf "$cache_folder/npm/node_modules/binaryen/bin/wasm-opt" "$tools_folder/bin/wasm-opt"
}

# Cognito on this machine.
need_ministack() {
    local wanted="ministack==$ministack_version cryptography==$cryptography_version"
    # Written last, so that a half-made environment is made anew.
    [[ -f $python_folder/made-of && $(<"$python_folder/made-of") == "$wanted" ]] && return
    need_python
    say "Installing ministack $ministack_version"
    rm -rf "$python_folder"
    # shellcheck disable=SC2086 # Two requirements, two words.
    { python3 -m venv "$python_folder" && "$python_folder/bin/pip" install --quiet --disable-pip-version-check $wanted; } ||
        give_up "pip could not install $wanted. Is there a network?"
    printf '%s' "$wanted" >"$python_folder/made-of"
}

# What holds the JSON API to its document.
need_schemathesis() {
    local requirements=$checkout/end2end/api/requirements.txt
    # Copied last, so that a half-made environment is made anew.
    cmp -s "$requirements" "$schemathesis_folder/made-of" && return
    need_python
    say "Installing schemathesis"
    rm -rf "$schemathesis_folder"
    { python3 -m venv "$schemathesis_folder" &&
        "$schemathesis_folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"; } ||
        give_up "pip could not install what $requirements lists. Is there a network?"
    cp "$requirements" "$schemathesis_folder/made-of"
}

# What checks the CloudFormation template.
need_cfn_lint() {
    [[ -f $cfn_lint_folder/made-of && $(<"$cfn_lint_folder/made-of") == "$cfn_lint_version" ]] && return
    need_python
    say "Installing cfn-lint $cfn_lint_version"
    rm -rf "$cfn_lint_folder"
    { python3 -m venv "$cfn_lint_folder" &&
        "$cfn_lint_folder/bin/pip" install --quiet --disable-pip-version-check "cfn-lint==$cfn_lint_version"; } ||
        give_up "pip could not install cfn-lint $cfn_lint_version. Is there a network?"
    printf '%s' "$cfn_lint_version" >"$cfn_lint_folder/made-of"
}

# All that the browser tests need besides a server.
need_browsers() {
    need_end2end_packages
    need_chromium
    need_firefox
}

need_end2end_packages() {
    local folder=$checkout/end2end
    [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && return
    need_node
    say "Installing the packages of the browser tests"
    (cd "$folder" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund) ||
        give_up "'npm ci' failed in end2end. Is there a network?"
}
