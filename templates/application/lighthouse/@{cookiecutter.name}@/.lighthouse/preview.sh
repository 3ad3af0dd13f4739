#!/usr/bin/env bash
# Show a pull request in a namespace of its own: BRANCH at IMAGE, for the request PULL_NUMBER.
set -euo pipefail
application=@{ cookiecutter.name }@ number="${PULL_NUMBER:?}" image="${IMAGE:?}"
[[ $number =~ ^[0-9]+$ && $image =~ ^[A-Za-z0-9./:_-]+@sha256:[0-9a-f]{64}$ ]]
namespace="pr-$number-$application"
work=deploy/.preview
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
cat > "$work/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $namespace
resources: [namespace.yaml, ../preview]
images:
  - {name: "${image%%[:@]*}", newName: "${image%@*}", digest: "${image##*@}"}
END
cat > "$work/namespace.yaml" <<END
apiVersion: v1
kind: Namespace
metadata:
  name: $namespace
  labels: {kubestack/preview: application, kubestack/application: $application, pod-security.kubernetes.io/enforce: restricted}
  annotations: {kubestack/pull-request: "$number"}
END
kubectl kustomize "$work" > "$work/objects.yaml"
kubectl apply --server-side --force-conflicts --field-manager=kubestack-preview --filename="$work/objects.yaml"
# The name of a branch is somebody else's text: an argument, and no YAML. What ages is the time of this commit.
kubectl annotate namespace "$namespace" --overwrite "kubestack/branch=${BRANCH:?}" "kubestack/since=$(date +%s)"
kubectl rollout status "deployment/$application" --namespace="$namespace" --timeout=5m
echo "See it: kubectl port-forward --namespace=$namespace service/$application 8080:80"
