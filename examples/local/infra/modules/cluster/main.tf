# A cluster in name only. It is made of terraform_data, which is built into Terraform, so that the
# platform can be planned, applied and promoted without a cloud account. To build a real one, replace
# the two resources and keep the variables, the outputs and the check.

module "configuration" {
  source = "../configuration"

  configuration = var.configuration
  base_key      = var.configuration_base_key
  parents       = var.configuration_parents
  environment   = terraform.workspace
  required      = ["name_prefix", "base_domain", "region", "kubernetes_version", "node_pools"]
}

locals {
  current = module.configuration.current
  base    = module.configuration.merged[var.configuration_base_key]

  # The environment is part of every name, so that no two environments can ever meet.
  name = "${local.current.name_prefix}-${terraform.workspace}-${local.current.region}"
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

  lifecycle {
    precondition {
      condition     = alltrue([for value in each.value : value != null])
      error_message = "The node pool \"${each.key}\" of ${terraform.workspace} has no value for: ${join(", ", [for name, value in each.value : name if value == null])}."
    }
    precondition {
      condition     = try(each.value.min_size >= 0 && each.value.min_size <= each.value.max_size && floor(each.value.min_size) == each.value.min_size, true)
      error_message = "In the node pool \"${each.key}\" of ${terraform.workspace}, min_size must be a whole number from 0 to max_size."
    }
  }
}

check "no_larger_than_base" {
  assert {
    condition = alltrue([
      for name, pool in terraform_data.node_pool :
      pool.input.max_size <= try(local.base.node_pools[name].max_size, 0)
    ])
    error_message = "${terraform.workspace} has a node pool that ${var.configuration_base_key} lacks, or one that grows larger than it does there."
  }
}
