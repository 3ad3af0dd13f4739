# An EKS cluster with its network, node groups, access, add-ons and DNS zone.
#
#   settings/       every attribute with its type, default and check
#   network.tf      VPC, subnets, NAT gateways, flow logs; or those that exist already
#   encryption.tf   the key of secrets, volumes and logs
#   cluster.tf      the control plane, its logs and its role
#   access.tf       OIDC provider, access entries
#   nodes.tf        node groups with their launch templates and role
#   addons.tf       EKS add-ons
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
  cloud        = "aws"
  longest_name = 55 # a role's name takes 64, the longest ending here is -flow-logs
  tags         = local.settings.tags
}

data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  environment = coalesce(var.environment, terraform.workspace)

  # `current` tells an unknown workspace in words; an index alone would not.
  settings = module.settings[module.configuration.current == null ? "" : local.environment].settings

  name      = module.metadata.name
  tags      = module.metadata.tags
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
}
