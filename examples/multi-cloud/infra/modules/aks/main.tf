# An AKS cluster with its resource group, network, identity, node pools, logs and DNS zone.
#
#   settings/       every attribute with its type, default and check
#   network.tf      resource group, network, NAT gateway; or those that exist already
#   identity.tf     who the cluster acts as
#   cluster.tf      the control plane and its system pool
#   node_pools.tf   further node pools
#   logs.tf         Log Analytics
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
  cloud        = "azure"
  longest_name = 54 # of a name that begins the API server's domain name
  tags         = local.settings.tags
}

locals {
  environment = coalesce(var.environment, terraform.workspace)

  # `current` tells an unknown workspace in words; an index alone would not.
  settings = module.settings[module.configuration.current == null ? "" : local.environment].settings

  name  = module.metadata.name
  zones = length(local.settings.availability_zones) > 0 ? local.settings.availability_zones : null

  # Names of Azure's tags know no slash.
  tags = { for key, value in module.metadata.tags : replace(key, "/", "-") => value }
}
