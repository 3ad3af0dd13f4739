#!/usr/bin/env bash
# Bring this cluster to what its rendered branch holds. Run by the Job of jx-git-operator for each commit of the
# default branch, and by the CronJob jx-boot, which sees promotions: they move env/<environment> alone.
set -euo pipefail
: "${ENVIRONMENT:?the environment that this cluster is}" "${REPO_URL:?where this repository is}"
namespace=jx-git-operator record=jx-boot-applied
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

git clone --quiet -- "$REPO_URL" "$work/source"
cd "$work/source"
commit="$(git rev-parse --verify --quiet "refs/remotes/origin/env/$ENVIRONMENT" || true)"
if [[ -z $commit ]]; then
  echo "env/$ENVIRONMENT is not there yet: nothing was let through to $ENVIRONMENT so far"
  exit 0
fi
applied="$(kubectl get configmap "$record" --namespace "$namespace" --ignore-not-found --output 'jsonpath={.data.commit}')"
if [[ $commit == "$applied" ]]; then
  echo "$ENVIRONMENT has $commit already"
  exit 0
fi

# Validate what it was rendered from, in the very commit.
from="$(git log -1 --format='%(trailers:key=Source-Commit,valueonly)' "$commit" | tr -d '[:space:]')"
git checkout --quiet --detach "${from:-origin/HEAD}"
kubestack validate

git checkout --quiet --detach "$commit"
apply() { # server-side, as one owner of fields; a conflict with another owner fails and names it
  if (($#)); then kubectl apply --server-side --field-manager=kubestack-boot "${@/#/--filename=}"; fi
}
with() { git grep --files-with-matches -z --extended-regexp "^kind: ($1)\$" -- '*.yaml' || true; }
mapfile -d '' -t crds < <(with CustomResourceDefinition)
mapfile -d '' -t namespaces < <(with Namespace)
mapfile -d '' -t webhooks < <(with '(Validating|Mutating)WebhookConfiguration')
mapfile -d '' -t others < <(git ls-files -z -- '*.yaml' | grep --null-data --invert-match --line-regexp --fixed-strings \
  --file=<(printf '%s\n' "${crds[@]}" "${namespaces[@]}" "${webhooks[@]}" -))

apply "${crds[@]}"
for crd in "${crds[@]}"; do
  kubectl wait --for=condition=Established --timeout=60s --filename="$crd"
done
apply "${namespaces[@]}"
if ((${#others[@]})); then # the server's own validation, of everything before anything of it is applied
  kubectl apply --server-side --field-manager=kubestack-boot --dry-run=server "${others[@]/#/--filename=}"
fi
apply "${others[@]}"
apply "${webhooks[@]}" # last: they judge what comes after them

# What Terraform knows of this cluster, as `kubestack handoff` wrote it, with what was rendered beside it.
variables="${from:-origin/HEAD}:clusters/$ENVIRONMENT/cluster-vars.yaml"
if git cat-file -e "$variables" 2>/dev/null; then
  git show "$variables" | kubectl apply --server-side --field-manager=kubestack-boot --filename=-
fi

# What this branch held when it was applied last, and holds no more.
if [[ -n $applied ]] && git cat-file -e "$applied" 2>/dev/null; then
  git diff --name-only -z --no-renames --diff-filter=D "$applied" "$commit" -- '*.yaml' |
    while IFS= read -r -d '' path; do
      git show "$applied:$path" | kubectl delete --ignore-not-found --filename=-
    done
fi

kubectl create configmap "$record" --namespace "$namespace" --from-literal=commit="$commit" \
  --dry-run=client --output=yaml | kubectl apply --server-side --field-manager=kubestack-boot --filename=-
echo "$ENVIRONMENT has $commit, rendered from ${from:-an unknown commit}"
