# A zone for the cluster's own domain. It answers once the zone above it delegates to its name servers.

locals {
  parent_zone = local.settings.dns_zone ? local.settings.dns_parent_zone_id : null
  parent      = local.parent_zone == null ? [] : split("/", local.parent_zone)
}

resource "azurerm_dns_zone" "this" {
  count = local.settings.dns_zone ? 1 : 0

  name                = module.metadata.fqdn
  resource_group_name = local.group
  tags                = local.tags
}

resource "azurerm_dns_ns_record" "delegation" {
  count = local.parent_zone == null ? 0 : 1

  name                = trimsuffix(module.metadata.fqdn, ".${local.parent[8]}")
  zone_name           = local.parent[8]
  resource_group_name = local.parent[4]
  ttl                 = 300
  records             = azurerm_dns_zone.this[0].name_servers
  tags                = local.tags

  lifecycle {
    precondition {
      condition     = endswith(module.metadata.fqdn, ".${local.parent[8]}")
      error_message = "The zone ${local.parent[8]} of dns_parent_zone_id is not above ${module.metadata.fqdn}."
    }
  }
}
