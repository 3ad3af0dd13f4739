# The module without a cloud: `terraform init && terraform test` in modules/aks. Tests run in the workspace
# `default`, so that is the environment here; it inherits from apps as every other one does.

mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = { tenant_id = "00000000-0000-0000-0000-000000000001" }
  }

  mock_data "azurerm_resource_group" {
    defaults = { id = "/subscriptions/s/resourceGroups/shared" }
  }

  mock_resource "azurerm_kubernetes_cluster" {
    defaults = {
      id              = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c"
      private_fqdn    = "c.privatelink.example.net"
      fqdn            = "c.example.net"
      oidc_issuer_url = "https://oidc.example.net/"
      kube_config     = [{ cluster_ca_certificate = "TU9DSw==", host = "", username = "", password = "", client_certificate = "", client_key = "" }]
    }
  }

  mock_resource "azurerm_dns_zone" {
    defaults = { name_servers = ["ns-1.example.net."] }
  }
}

variables {
  configuration_base_key = "apps"

  configuration = {
    apps = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "westeurope"
      kubernetes_version = "1.36"
      node_pools = {
        default = { vm_size = "Standard_D4ds_v5", min_size = 3, max_size = 9 }
      }
    }
    default = { node_pools = { default = { min_size = 1, max_size = 2 } } }
  }
}

run "defaults_are_safe" {
  assert {
    condition     = azurerm_kubernetes_cluster.this.name == "gc0-default-westeurope" && output.fqdn == "gc0-default-westeurope.azure.acme.example.com"
    error_message = "Names are not as expected: ${azurerm_kubernetes_cluster.this.name}, ${output.fqdn}."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.private_cluster_enabled && azurerm_kubernetes_cluster.this.local_account_disabled
    error_message = "The API server has to be private until somebody opens it, and to know no local account."
  }

  assert {
    condition = (
      azurerm_kubernetes_cluster.this.default_node_pool[0].host_encryption_enabled &&
      alltrue([for pool in azurerm_kubernetes_cluster_node_pool.this : pool.host_encryption_enabled && !pool.node_public_ip_enabled])
    )
    error_message = "Nodes need encryption at the host and no public address."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.oidc_issuer_enabled && azurerm_kubernetes_cluster.this.workload_identity_enabled && output.oidc_issuer == "https://oidc.example.net/"
    error_message = "Workload identity is missing."
  }

  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["default"].max_count == 2 && azurerm_kubernetes_cluster_node_pool.this["default"].vm_size == "Standard_D4ds_v5"
    error_message = "The pool has to inherit its type and keep its own size."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.network_profile[0].dns_service_ip == "172.20.0.10" && azurerm_kubernetes_cluster.this.network_profile[0].outbound_type == "userAssignedNATGateway"
    error_message = "The network is not as expected."
  }

  assert {
    condition     = alltrue([for key in keys(azurerm_resource_group.this[0].tags) : can(regex("^[^<>%&\\\\?/]+$", key))])
    error_message = "Names of tags have to be such as Azure takes."
  }
}

run "what_exists_is_used" {
  variables {
    configuration = {
      apps = {
        name_prefix        = "gc0"
        base_domain        = "acme.example.com"
        region             = "westeurope"
        resource_group     = "shared"
        availability_zones = []
        log_analytics      = false
        sku_tier           = "Free"
        network            = { subnet_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n", outbound_type = "userDefinedRouting" }
        api_server         = { private = false, authorized_networks = ["203.0.113.0/24"] }
        dns_parent_zone_id = "/subscriptions/s/resourceGroups/dns/providers/Microsoft.Network/dnsZones/acme.example.com"
        node_pools = {
          batch = { vm_size = "Standard_D8ds_v5", min_size = 0, max_size = 20, spot = true, taints = ["batch=yes:NoSchedule"] }
        }
      }
      default = {}
    }
  }

  assert {
    condition = (
      length(azurerm_resource_group.this) == 0 && length(azurerm_virtual_network.this) == 0 && length(azurerm_nat_gateway.this) == 0 &&
      length(azurerm_log_analytics_workspace.this) == 0 && length(azurerm_kubernetes_cluster.this.oms_agent) == 0
    )
    error_message = "Nothing may be made that was given or left out."
  }

  assert {
    condition = (
      azurerm_kubernetes_cluster.this.api_server_access_profile[0].authorized_ip_ranges == toset(["203.0.113.0/24"]) &&
      azurerm_kubernetes_cluster.this.network_profile[0].outbound_type == "userDefinedRouting" &&
      output.endpoint == "https://c.example.net:443"
    )
    error_message = "The API server has to be open for that network alone."
  }

  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["batch"].node_taints == tolist(["kubernetes.azure.com/scalesetpriority=spot:NoSchedule", "batch=yes:NoSchedule"])
    error_message = "A spot pool has the taint that Azure puts on it, and its own."
  }

  assert {
    condition     = azurerm_dns_ns_record.delegation[0].name == "gc0-default-westeurope.azure" && azurerm_dns_ns_record.delegation[0].resource_group_name == "dns"
    error_message = "The zone has to be delegated in the zone above it."
  }
}

run "a_zone_elsewhere_cannot_delegate" {
  command = plan

  variables {
    configuration = {
      apps = {
        name_prefix        = "gc0"
        base_domain        = "acme.example.com"
        region             = "westeurope"
        dns_parent_zone_id = "/subscriptions/s/resourceGroups/dns/providers/Microsoft.Network/dnsZones/example.org"
        node_pools         = { default = { vm_size = "Standard_D4ds_v5", min_size = 1, max_size = 3 } }
      }
      default = {}
    }
  }

  expect_failures = [azurerm_dns_ns_record.delegation]
}
