# A cluster in name only. It is made of terraform_data, which is built into Terraform, so that the
# platform can be planned, applied and promoted without a cloud account. To build a real one, replace
# the two resources and keep the variables, the outputs and the check.

module "configuration" {
  source = "../configuration"

  configuration = var.configuration
  base_key      = var.configuration_base_key
  parents       = var.configuration_parents
  environment   = local.environment
  required      = ["name_prefix", "base_domain", "region", "kubernetes_version", "node_pools"]
}

locals {
  environment = coalesce(var.environment, terraform.workspace)

  current = module.configuration.current
  base    = module.configuration.merged[var.configuration_base_key]

  # The environment is part of every name, so that no two environments can ever meet.
  name = "${local.current.name_prefix}-${local.environment}-${local.current.region}"

  # The pools of every environment: a mistake in one shows while any of them is planned.
  pools = flatten([
    for environment, settings in module.configuration.merged : try([
      for name, pool in settings.node_pools : { label = "\"${name}\" of ${environment}", pool = pool }
    ], [])
  ])
  incomplete = [
    for item in local.pools : "${item.label} (${join(", ", [for name, value in item.pool : name if value == null])})"
    if anytrue([for value in item.pool : value == null])
  ]
  unsizable = [
    for item in local.pools : item.label
    if !try(item.pool.min_size >= 0 && item.pool.min_size <= item.pool.max_size && floor(item.pool.min_size) == item.pool.min_size, true)
  ]
}

resource "terraform_data" "cluster" {
  input = {
    name    = local.name
    region  = local.current.region
    domain  = "${local.name}.${local.current.base_domain}"
    version = local.current.kubernetes_version
  }

  # A cluster cannot be renamed or moved, only replaced.
  triggers_replace = [local.name]

  lifecycle {
    precondition {
      condition     = length(local.name) <= 63
      error_message = "The cluster name ${local.name} is part of a domain name and must fit 63 characters."
    }
    precondition {
      condition     = length(local.incomplete) == 0
      error_message = "Node pools that have no value for: ${join("; ", local.incomplete)}."
    }
    precondition {
      condition     = length(local.unsizable) == 0
      error_message = "In the node pool ${join(" and ", local.unsizable)}, min_size must be a whole number from 0 to max_size."
    }
  }
}

resource "terraform_data" "node_pool" {
  for_each = local.current.node_pools

  input = {
    cluster       = terraform_data.cluster.input.name
    instance_type = each.value.instance_type
    min_size      = each.value.min_size
    max_size      = each.value.max_size
  }

  # A pool resizes in place; another type, or another cluster, means other machines.
  triggers_replace = [terraform_data.cluster.id, each.value.instance_type]
}

check "no_larger_than_base" {
  assert {
    condition = alltrue([
      for name, pool in terraform_data.node_pool :
      pool.input.max_size <= try(local.base.node_pools[name].max_size, 0)
    ])
    error_message = "${local.environment} has a node pool that ${var.configuration_base_key} lacks, or one that grows larger than it does there."
  }
}
