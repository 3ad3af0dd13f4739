locals {
  # What AKS writes on spot nodes by itself; not saying so would look like drift.
  spot = "kubernetes.azure.com/scalesetpriority"
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  #checkov:skip=CKV_AZURE_168:max_pods is a setting, 110 if not said and 50 at least; checkov does not evaluate it
  #checkov:skip=CKV_AZURE_227:on unless encryption.host is set to false, for subscriptions without EncryptionAtHost; checkov does not evaluate it
  for_each = local.settings.node_pools

  name                        = each.key
  temporary_name_for_rotation = "tmp${substr(sha256(each.key), 0, 8)}"
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  orchestrator_version        = local.settings.kubernetes_version
  mode                        = "User"
  vm_size                     = each.value.vm_size
  auto_scaling_enabled        = true
  min_count                   = each.value.min_size
  max_count                   = each.value.max_size
  os_type                     = "Linux"
  os_sku                      = each.value.os_sku
  os_disk_size_gb             = each.value.disk_size
  os_disk_type                = each.value.disk_type
  max_pods                    = each.value.max_pods
  zones                       = length(each.value.availability_zones) > 0 ? each.value.availability_zones : local.zones
  vnet_subnet_id              = local.subnet
  node_public_ip_enabled      = false
  host_encryption_enabled     = local.settings.encryption.host
  node_labels                 = merge(module.metadata.labels, each.value.spot ? { (local.spot) = "spot" } : {}, each.value.labels)
  node_taints                 = concat(each.value.spot ? ["${local.spot}=spot:NoSchedule"] : [], each.value.taints)
  tags                        = local.tags
  priority                    = each.value.spot ? "Spot" : "Regular"
  eviction_policy             = each.value.spot ? "Delete" : null
  spot_max_price              = each.value.spot ? each.value.spot_max_price : null

  # Spot machines come and go anyway, and Azure takes no surge for them.
  dynamic "upgrade_settings" {
    for_each = each.value.spot ? [] : [each.value]

    content {
      max_surge                     = upgrade_settings.value.max_surge
      drain_timeout_in_minutes      = upgrade_settings.value.drain_timeout
      node_soak_duration_in_minutes = 0
    }
  }

  lifecycle {
    ignore_changes = [node_count] # the autoscaler's
  }
}
