#!/usr/bin/env bash
# Show one application as a pull request would have it: preview.sh APPLICATION, by the pipeline of the request.
set -euo pipefail
application="$1" number="${PULL_NUMBER:?}"
[[ $number =~ ^[0-9]+$ && $application =~ ^[a-z][a-z0-9-]*$ && -d apps/$application/preview ]]
branch="${KUBESTACK_REF#refs/heads/}"
namespace="preview-$application-pr-$number"
work="previews/.$namespace"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
cat > "$work/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $namespace
resources: [namespace.yaml, ../../apps/$application/preview]
END
cat > "$work/namespace.yaml" <<END
apiVersion: v1
kind: Namespace
metadata:
  name: $namespace
  labels: {kubestack/preview: "true", pod-security.kubernetes.io/enforce: restricted}
  annotations: {kubestack/application: "$application", kubestack/pull-request: "$number"}
END
kubectl kustomize "$work" > "$work/objects.yaml"
kubectl apply --server-side --field-manager=kubestack-preview --filename="$work/objects.yaml"
# The name of a branch is somebody else's text: an argument, and no YAML. The commit's time is what ages.
kubectl annotate namespace "$namespace" --overwrite "kubestack/branch=$branch" "kubestack/since=$(date +%s)"
echo "$application of pull request $number is in the namespace $namespace"
