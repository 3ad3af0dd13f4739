# Nodes work as a service account that may write logs and metrics and pull images, and nothing else. What
# pods need from Google Cloud they get by Workload Identity, each for itself.

locals {
  # An account's id has at most 30 characters. A longer name keeps what people look for, prefix and
  # environment, and gets the rest of it as a digest: two clusters never share an account.
  account_id = (
    length(local.name) <= 30 ? local.name :
    "${local.settings.name_prefix}-${local.environment}-${substr(sha256(local.name), 0, 8)}"
  )
}

resource "google_service_account" "nodes" {
  project      = local.settings.project_id
  account_id   = local.account_id
  display_name = "Nodes of ${local.name}"

  depends_on = [google_project_service.required]

  lifecycle {
    precondition {
      condition     = length(local.account_id) >= 6 && length(local.account_id) <= 30
      error_message = "The service account ${local.account_id} has ${length(local.account_id)} characters, and 6 to 30 are allowed. Shorten name_prefix, or the environment's name: together they have room for 20 characters."
    }
  }
}

resource "google_project_iam_member" "nodes" {
  for_each = toset(["roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"])

  project = local.settings.project_id
  role    = each.key
  member  = google_service_account.nodes.member
}

resource "google_container_node_pool" "this" {
  for_each = local.settings.node_pools

  project  = local.settings.project_id
  name     = each.key
  cluster  = google_container_cluster.this.name
  location = google_container_cluster.this.location

  node_locations     = length(each.value.availability_zones) > 0 ? each.value.availability_zones : null
  initial_node_count = each.value.min_size > 0 ? 1 : 0 # in each zone; from then on the autoscaler decides
  max_pods_per_node  = each.value.max_pods

  autoscaling {
    total_min_node_count = each.value.min_size
    total_max_node_count = each.value.max_size
    location_policy      = each.value.spot ? "ANY" : "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  upgrade_settings {
    strategy        = "SURGE"
    max_surge       = each.value.max_surge
    max_unavailable = each.value.max_unavailable
  }

  network_config {
    enable_private_nodes = true
  }

  node_config {
    machine_type      = each.value.machine_type
    image_type        = each.value.image_type
    disk_size_gb      = each.value.disk_size
    disk_type         = each.value.disk_type
    boot_disk_kms_key = local.settings.encryption.disks_key
    spot              = each.value.spot
    labels            = merge(module.metadata.labels, each.value.labels)
    resource_labels   = local.labels
    tags              = concat([local.name], each.value.network_tags)
    service_account   = google_service_account.nodes.email
    oauth_scopes      = ["https://www.googleapis.com/auth/cloud-platform"] # the account's roles are the limit
    metadata          = { "disable-legacy-endpoints" = "true" }

    dynamic "taint" {
      for_each = each.value.taints

      content {
        key    = taint.value.key
        value  = taint.value.value
        effect = taint.value.effect
      }
    }

    dynamic "ephemeral_storage_local_ssd_config" {
      for_each = each.value.local_ssds > 0 ? [each.value.local_ssds] : []

      content {
        local_ssd_count = ephemeral_storage_local_ssd_config.value
      }
    }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    ignore_changes = [initial_node_count] # would replace the pool
  }

  depends_on = [google_kms_crypto_key_iam_member.disks]
}
