#!/usr/bin/env bash
# Delete previews whose branch is gone, and those that had no new commit for three days. Previews that the repository of an
# application made end by its own pipeline; here only when they are too old.
set -euo pipefail
: "${REPO_URL:?}"
lifetime="${PREVIEW_LIFETIME:-259200}" now="$(date +%s)"
columns='{range .items[*]}{.metadata.name}{"\t"}{.metadata.annotations.kubestack/since}{"\t"}{.metadata.labels.kubestack/preview}{"\t"}{.metadata.annotations.kubestack/branch}{"\n"}{end}'
branches="$(git ls-remote --heads -- "$REPO_URL" | cut -f2)"
kubectl get namespaces --selector=kubestack/preview --output="jsonpath=$columns" |
  while IFS=$'\t' read -r name since kind branch; do
    if [[ $kind == true ]] && ! grep --quiet --line-regexp --fixed-strings -e "refs/heads/$branch" <<< "$branches"; then
      echo "$name: its branch is gone"
    elif [[ ! $since =~ ^[0-9]+$ ]] || ((now - since > lifetime)); then
      echo "$name: nothing new for too long"
    else
      continue
    fi
    kubectl delete namespace "$name" --wait=false --ignore-not-found < /dev/null
  done
