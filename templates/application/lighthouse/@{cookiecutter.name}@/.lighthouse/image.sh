#!/usr/bin/env bash
# Build the image of a directory, push it under a name, write its digest to a file: image.sh DIRECTORY NAME FILE
set -euo pipefail
export REGISTRY_AUTH_FILE=/etc/registry/config.json STORAGE_DRIVER=vfs
buildah build --isolation chroot --file "$1/Dockerfile" --tag "$2" "$1"
buildah push --digestfile "$3" "$2"
