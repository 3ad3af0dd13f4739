# A platform service as Helm releases, in the three steps of a first installation: CRDs, the service, then what
# its webhooks check or change. Terraform keeps the steps apart by `depends_on`, at the first apply and at the last.

module "configuration" {
  source = "../configuration"

  configuration = var.configuration
  base_key      = var.configuration_base_key
  parents       = var.configuration_parents
  environment   = coalesce(var.environment, terraform.workspace)
}

locals {
  # Nothing is said of a release whose chart is taken as it is.
  values = { for name in keys(var.releases) : name => yamlencode(try(module.configuration.current[name], {})) }

  unknown = distinct(flatten([
    for environment in module.configuration.merged : [for name in keys(environment) : name if !contains(keys(var.releases), name)]
  ]))
}

resource "helm_release" "crds" {
  for_each = { for name, release in var.releases : name => release if release.step == "crds" }

  name             = each.key
  repository       = each.value.repository
  chart            = each.value.chart
  version          = each.value.version
  namespace        = each.value.namespace
  create_namespace = true
  skip_crds        = each.value.skip_crds
  timeout          = var.timeout
  values           = [local.values[each.key]]
}

resource "helm_release" "service" {
  for_each = { for name, release in var.releases : name => release if release.step == "service" }

  name             = each.key
  repository       = each.value.repository
  chart            = each.value.chart
  version          = each.value.version
  namespace        = each.value.namespace
  create_namespace = true
  skip_crds        = each.value.skip_crds
  timeout          = var.timeout
  values           = [local.values[each.key]]

  depends_on = [helm_release.crds]
}

resource "helm_release" "webhooks" {
  for_each = { for name, release in var.releases : name => release if release.step == "webhooks" }

  name             = each.key
  repository       = each.value.repository
  chart            = each.value.chart
  version          = each.value.version
  namespace        = each.value.namespace
  create_namespace = true
  skip_crds        = each.value.skip_crds
  timeout          = var.timeout
  values           = [local.values[each.key]]

  depends_on = [helm_release.service]
}
