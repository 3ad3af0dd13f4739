output "releases" {
  description = "The releases by name, with namespace and version."
  value = {
    for name, release in merge(helm_release.crds, helm_release.service, helm_release.webhooks) : name => {
      namespace = release.namespace
      version   = release.version
    }
  }

  precondition {
    condition     = length(local.unknown) == 0
    error_message = "Values belong to a release: ${join(", ", local.unknown)} is none of ${join(", ", keys(var.releases))}."
  }
}

output "values" {
  description = "The values of each release in this environment, with what it inherits; YAML."
  value       = local.values
}
