resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_117:Azure encrypts disks with keys of its own, and here at the host as well; encryption.disk_encryption_set_id takes yours
  #checkov:skip=CKV_AZURE_168:max_pods is a setting, 110 if not said and 50 at least; checkov does not evaluate it
  #checkov:skip=CKV_AZURE_227:on unless encryption.host is set to false, for subscriptions without EncryptionAtHost; checkov does not evaluate it

  name                = local.name
  resource_group_name = local.group
  location            = local.settings.region
  dns_prefix          = coalesce(local.settings.dns_prefix, local.name)
  node_resource_group = "${local.name}-nodes"
  tags                = local.tags

  kubernetes_version        = local.settings.kubernetes_version
  automatic_upgrade_channel = local.settings.upgrade_channel == "none" ? null : local.settings.upgrade_channel
  node_os_upgrade_channel   = local.settings.node_upgrade_channel
  sku_tier                  = local.settings.sku_tier
  support_plan              = local.settings.sku_tier == "Premium" ? "AKSLongTermSupport" : "KubernetesOfficial"

  private_cluster_enabled             = local.settings.api_server.private
  private_cluster_public_fqdn_enabled = false
  private_dns_zone_id                 = local.settings.api_server.private ? coalesce(local.settings.api_server.private_dns_zone_id, "System") : null
  run_command_enabled                 = false

  oidc_issuer_enabled               = true
  workload_identity_enabled         = true
  local_account_disabled            = true
  role_based_access_control_enabled = true
  azure_policy_enabled              = local.settings.azure_policy
  disk_encryption_set_id            = local.settings.encryption.disk_encryption_set_id
  image_cleaner_enabled             = true
  image_cleaner_interval_hours      = 168

  default_node_pool {
    name                         = "system"
    temporary_name_for_rotation  = "systemtmp"
    type                         = "VirtualMachineScaleSets"
    only_critical_addons_enabled = true
    orchestrator_version         = local.settings.kubernetes_version
    vm_size                      = local.settings.system_pool.vm_size
    auto_scaling_enabled         = true
    min_count                    = local.settings.system_pool.min_size
    max_count                    = local.settings.system_pool.max_size
    os_disk_size_gb              = local.settings.system_pool.disk_size
    os_disk_type                 = local.settings.system_pool.disk_type
    os_sku                       = "AzureLinux"
    max_pods                     = local.settings.system_pool.max_pods
    zones                        = local.zones
    vnet_subnet_id               = local.subnet
    node_public_ip_enabled       = false
    host_encryption_enabled      = local.settings.encryption.host
    node_labels                  = module.metadata.labels
    tags                         = local.tags

    upgrade_settings {
      max_surge                     = "33%"
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    tenant_id              = data.azurerm_client_config.current.tenant_id
    admin_group_object_ids = local.settings.admin_group_ids
  }

  dynamic "api_server_access_profile" {
    for_each = local.settings.api_server.private ? [] : [local.settings.api_server.authorized_networks]

    content {
      authorized_ip_ranges = api_server_access_profile.value
    }
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    load_balancer_sku   = "standard"
    outbound_type       = local.outbound_type
    pod_cidr            = local.settings.network.pods_cidr
    service_cidr        = local.settings.network.services_cidr
    dns_service_ip      = cidrhost(local.settings.network.services_cidr, 10)
  }

  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }

  dynamic "key_management_service" {
    for_each = local.settings.encryption.secrets_key_id == null ? [] : [local.settings.encryption.secrets_key_id]

    content {
      key_vault_key_id = key_management_service.value
    }
  }

  dynamic "oms_agent" {
    for_each = azurerm_log_analytics_workspace.this

    content {
      log_analytics_workspace_id      = oms_agent.value.id
      msi_auth_for_monitoring_enabled = true
    }
  }

  workload_autoscaler_profile {
    keda_enabled                    = local.settings.keda
    vertical_pod_autoscaler_enabled = local.settings.vertical_pod_autoscaler
  }

  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = local.settings.maintenance.day_of_week
    start_time  = local.settings.maintenance.start_time
    utc_offset  = "+00:00"
    duration    = local.settings.maintenance.duration
  }

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = local.settings.maintenance.day_of_week
    start_time  = local.settings.maintenance.start_time
    utc_offset  = "+00:00"
    duration    = local.settings.maintenance.duration
  }

  lifecycle {
    ignore_changes = [default_node_pool[0].node_count] # the autoscaler's
  }

  depends_on = [
    azurerm_role_assignment.network,
    azurerm_role_assignment.private_dns_zone,
    azurerm_role_assignment.disk_encryption_set,
    azurerm_role_assignment.secrets_key,
    azurerm_subnet_nat_gateway_association.nodes,
    azurerm_nat_gateway_public_ip_association.this,
    azurerm_subnet_network_security_group_association.nodes,
  ]
}
