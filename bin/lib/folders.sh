# shellcheck shell=bash
# Where things are. Sourced first: it only sets variables.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# What belongs to this checkout and is not committed: data, logs, the environment of a running bin/dev.
# shellcheck disable=SC2034 # bin/test keeps nothing.
local_folder=$checkout/.local
# What all checkouts share: tools and compiled dependencies, which cost half an hour to make.
cache_folder=${XDG_CACHE_HOME:-$HOME/.cache}/cruddur-messages
tools_folder=$cache_folder/tools
python_folder=$cache_folder/venv
schemathesis_folder=$cache_folder/schemathesis
cfn_lint_folder=$cache_folder/cfn-lint

export PATH=$tools_folder/bin:$PATH
# Only what cargo makes on the way is shared. What comes out at the end stays in the checkout's own `target`, so that
# two checkouts never swap each other's executables.
export CARGO_BUILD_BUILD_DIR=$cache_folder/target
