"""What `kubestack validate` looks for: pure functions over manifests and files; `registry` lists them."""
