# shellcheck shell=bash
# Paths. Sourced first; only sets variables.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# Uncommitted files of this checkout: data, logs, the environment of a running bin/dev.
# shellcheck disable=SC2034 # Not used by bin/test.
local_folder=$checkout/.local
# Shared by all checkouts: tools and compiled dependencies, which take half an hour to build.
cache_folder=${XDG_CACHE_HOME:-$HOME/.cache}/cruddur-messages
tools_folder=$cache_folder/tools
python_folder=$cache_folder/venv
schemathesis_folder=$cache_folder/schemathesis

export PATH=$tools_folder/bin:$PATH
# Only intermediate build files are shared. Executables stay in the checkout's own `target`, so that one checkout never
# runs the executables of another.
export CARGO_BUILD_BUILD_DIR=$cache_folder/target
