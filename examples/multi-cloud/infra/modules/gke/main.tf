# A GKE cluster with its network, node pools, encryption and DNS zone.
#
#   settings/       every attribute with its type, default and check
#   network.tf      VPC, subnetwork, Cloud NAT; or those that exist already
#   encryption.tf   the key of Kubernetes secrets
#   cluster.tf      the control plane
#   node_pools.tf   node pools with their service account
#   dns.tf          the cluster's zone

module "configuration" {
  source = "../configuration"

  configuration = var.configuration
  base_key      = var.configuration_base_key
  parents       = var.configuration_parents
  environment   = local.environment
}

# Every environment is checked in each of them: a mistake in apps shows while ops is planned.
module "settings" {
  source   = "./settings"
  for_each = module.configuration.merged

  settings    = each.value
  given       = each.value
  environment = each.key
}

module "metadata" {
  source = "../metadata"

  name_prefix  = local.settings.name_prefix
  environment  = local.environment
  region       = local.settings.region
  base_domain  = local.settings.base_domain
  cloud        = "gcp"
  longest_name = 40 # of a GKE cluster
}

locals {
  environment = coalesce(var.environment, terraform.workspace)

  # `current` tells an unknown workspace in words; an index alone would not.
  settings = module.settings[module.configuration.current == null ? "" : local.environment].settings

  name = module.metadata.name

  # Labels of Google Cloud know neither dots nor slashes.
  labels = merge(
    { for key, value in module.metadata.labels : replace(key, "kubestack.com/", "kubestack-") => replace(value, ".", "_") },
    local.settings.labels,
  )

  apis = local.settings.enable_apis ? ["cloudkms", "compute", "container", "dns", "iam"] : []
}

data "google_project" "current" {
  project_id = local.settings.project_id
}

resource "google_project_service" "required" {
  for_each = toset(local.apis)

  project            = local.settings.project_id
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false # others use them too
}
