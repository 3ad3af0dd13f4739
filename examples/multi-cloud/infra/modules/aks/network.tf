# Nodes have no public addresses; they go out through a NAT gateway. Pods have addresses of their own (overlay)
# that only the cluster knows, so that nodes alone take addresses of the network.

locals {
  own_group   = local.settings.resource_group == null
  own_network = local.settings.network.subnet_id == null

  group  = local.own_group ? azurerm_resource_group.this[0].name : data.azurerm_resource_group.this[0].name
  subnet = local.own_network ? azurerm_subnet.nodes[0].id : local.settings.network.subnet_id

  outbound_type = local.own_network ? "userAssignedNATGateway" : coalesce(local.settings.network.outbound_type, "loadBalancer")
}

resource "azurerm_resource_group" "this" {
  count = local.own_group ? 1 : 0

  name     = local.name
  location = local.settings.region
  tags     = local.tags
}

data "azurerm_resource_group" "this" {
  count = local.own_group ? 0 : 1

  name = local.settings.resource_group
}

resource "azurerm_virtual_network" "this" {
  #checkov:skip=CKV_AZURE_182:names are resolved by Azure's own servers, which are more than one
  #checkov:skip=CKV_AZURE_183:names are resolved by Azure's own servers, which are inside of the network
  count = local.own_network ? 1 : 0

  name                = local.name
  resource_group_name = local.group
  location            = local.settings.region
  address_space       = [local.settings.network.address_space]
  tags                = local.tags
}

resource "azurerm_subnet" "nodes" {
  count = local.own_network ? 1 : 0

  name                            = "nodes"
  resource_group_name             = local.group
  virtual_network_name            = azurerm_virtual_network.this[0].name
  address_prefixes                = [local.settings.network.nodes_cidr]
  default_outbound_access_enabled = false
}

# What comes in: load balancers, and the network itself. AKS opens what its services ask for.
resource "azurerm_network_security_group" "nodes" {
  count = local.own_network ? 1 : 0

  name                = "${local.name}-nodes"
  resource_group_name = local.group
  location            = local.settings.region
  tags                = local.tags
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  count = local.own_network ? 1 : 0

  subnet_id                 = azurerm_subnet.nodes[0].id
  network_security_group_id = azurerm_network_security_group.nodes[0].id
}

resource "azurerm_public_ip" "nat" {
  count = local.own_network ? local.settings.network.nat_addresses : 0

  name                = "${local.name}-nat-${count.index}"
  resource_group_name = local.group
  location            = local.settings.region
  allocation_method   = "Static"
  sku                 = "Standard"
  zones               = local.zones
  tags                = local.tags
}

resource "azurerm_nat_gateway" "this" {
  count = local.own_network ? 1 : 0

  name                = local.name
  resource_group_name = local.group
  location            = local.settings.region
  sku_name            = "Standard"
  tags                = local.tags
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  count = local.own_network ? local.settings.network.nat_addresses : 0

  nat_gateway_id       = azurerm_nat_gateway.this[0].id
  public_ip_address_id = azurerm_public_ip.nat[count.index].id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  count = local.own_network ? 1 : 0

  subnet_id      = azurerm_subnet.nodes[0].id
  nat_gateway_id = azurerm_nat_gateway.this[0].id
}
