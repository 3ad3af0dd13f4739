# What a cluster is called. Names are never cut: two that differ only in the part that was cut would meet,
# and the cloud would tell long after the plan. One that is too long fails, with its length, before
# anything is made.

locals {
  # The environment is part of every name, so that no two environments can ever meet.
  name   = "${var.name_prefix}-${var.environment}-${var.region}"
  domain = "${var.cloud}.${var.base_domain}"
  fqdn   = "${local.name}.${local.domain}"

  facts = {
    cluster_name            = local.name
    cluster_domain          = local.domain
    cluster_fqdn            = local.fqdn
    cluster_workspace       = var.environment
    cluster_provider_name   = var.cloud
    cluster_provider_region = var.region
  }
}
