resource "azurerm_log_analytics_workspace" "this" {
  count = local.settings.log_analytics ? 1 : 0

  name                = local.name
  resource_group_name = local.group
  location            = local.settings.region
  sku                 = "PerGB2018"
  retention_in_days   = local.settings.log_retention_days
  tags                = local.tags
}
