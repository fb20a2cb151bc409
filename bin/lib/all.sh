# shellcheck shell=bash
# Loads the shared functions. One file per concern.

lib_folder=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=lib/folders.sh
. "$lib_folder/folders.sh"
# shellcheck source=lib/say.sh
. "$lib_folder/say.sh"
# shellcheck source=lib/ports.sh
. "$lib_folder/ports.sh"
# shellcheck source=lib/packages.sh
. "$lib_folder/packages.sh"
# shellcheck source=lib/tools.sh
. "$lib_folder/tools.sh"
# shellcheck source=lib/services.sh
. "$lib_folder/services.sh"
# shellcheck source=lib/deployment.sh
. "$lib_folder/deployment.sh"
# shellcheck source=lib/builds.sh
. "$lib_folder/builds.sh"
