#!/usr/bin/env bash
# Delete previews whose branch is gone or merged, and those that had no new commit for three days. Run in a clone.
set -euo pipefail
lifetime="${PREVIEW_LIFETIME:-259200}" now="$(date +%s)"
columns='{range .items[*]}{.metadata.name}{"\t"}{.metadata.annotations.kubestack/since}{"\t"}{.metadata.annotations.kubestack/branch}{"\n"}{end}'
kubectl get namespaces --selector=kubestack/preview=application,kubestack/application=@{ cookiecutter.name }@ \
  --output="jsonpath=$columns" |
  while IFS=$'\t' read -r name since branch; do
    if ! git show-ref --quiet --verify "refs/remotes/origin/$branch"; then
      echo "$name: its branch is gone"
    elif git merge-base --is-ancestor "refs/remotes/origin/$branch" origin/HEAD; then
      echo "$name: its branch is merged"
    elif [[ ! $since =~ ^[0-9]+$ ]] || ((now - since > lifetime)); then
      echo "$name: nothing new for too long"
    else
      continue
    fi
    kubectl delete namespace "$name" --wait=false --ignore-not-found < /dev/null
  done
