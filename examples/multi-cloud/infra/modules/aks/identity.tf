# The cluster acts as an identity of its own, which may work with its subnet and what else was given to it.

data "azurerm_client_config" "current" {}

resource "azurerm_user_assigned_identity" "cluster" {
  name                = local.name
  resource_group_name = local.group
  location            = local.settings.region
  tags                = local.tags
}

resource "azurerm_role_assignment" "network" {
  scope                = local.subnet
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

resource "azurerm_role_assignment" "private_dns_zone" {
  count = local.settings.api_server.private_dns_zone_id == null ? 0 : 1

  scope                = local.settings.api_server.private_dns_zone_id
  role_definition_name = "Private DNS Zone Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

resource "azurerm_role_assignment" "disk_encryption_set" {
  count = local.settings.encryption.disk_encryption_set_id == null ? 0 : 1

  scope                = local.settings.encryption.disk_encryption_set_id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

resource "azurerm_role_assignment" "secrets_key" {
  count = local.settings.encryption.secrets_key_vault_id == null ? 0 : 1

  scope                = local.settings.encryption.secrets_key_vault_id
  role_definition_name = "Key Vault Crypto User"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}
