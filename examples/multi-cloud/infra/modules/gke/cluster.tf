locals {
  control_plane = local.settings.control_plane
}

resource "google_container_cluster" "this" {
  #checkov:skip=CKV_GCP_18:the address exists where public_address asks for it and lets nobody in but authorized_networks; the endpoint by name asks IAM
  #checkov:skip=CKV_GCP_65:Google groups in RBAC need a Workspace domain; control_plane.security_group names its group
  #checkov:skip=CKV_GCP_21:resource_labels has the names of the cluster; checkov does not evaluate the module that makes them

  project     = local.settings.project_id
  name        = local.name
  location    = local.settings.region
  description = "${module.metadata.fqdn}, made by Terraform"

  node_locations      = length(local.settings.availability_zones) > 0 ? local.settings.availability_zones : null
  min_master_version  = local.settings.kubernetes_version
  deletion_protection = local.settings.deletion_protection
  resource_labels     = local.labels

  # Pools are resources of their own: the one that a cluster is born with goes at once.
  remove_default_node_pool = true
  initial_node_count       = 1

  network                     = local.network
  subnetwork                  = local.subnetwork
  networking_mode             = "VPC_NATIVE"
  datapath_provider           = "ADVANCED_DATAPATH"
  enable_intranode_visibility = true
  enable_l4_ilb_subsetting    = true
  enable_shielded_nodes       = true
  enable_legacy_abac          = false

  # Dataplane V2 enforces network policies itself; this is the older way.
  network_policy {
    enabled = false
  }

  release_channel {
    channel = local.settings.release_channel
  }

  ip_allocation_policy {
    cluster_secondary_range_name  = local.pods_range
    services_secondary_range_name = local.services_range
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = !local.control_plane.public_address
    master_ipv4_cidr_block  = local.control_plane.cidr

    master_global_access_config {
      enabled = false
    }
  }

  # Without any block of addresses, only the cluster's own nodes reach the address.
  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled = false

    dynamic "cidr_blocks" {
      for_each = local.control_plane.authorized_networks

      content {
        display_name = cidr_blocks.key
        cidr_block   = cidr_blocks.value
      }
    }
  }

  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = local.control_plane.dns_endpoint
    }
  }

  # No password and no certificate for anybody: IAM alone decides.
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  dynamic "authenticator_groups_config" {
    for_each = local.control_plane.security_group == null ? [] : [local.control_plane.security_group]

    content {
      security_group = authenticator_groups_config.value
    }
  }

  workload_identity_config {
    workload_pool = "${local.settings.project_id}.svc.id.goog"
  }

  database_encryption {
    state    = "ENCRYPTED"
    key_name = local.secrets_key
  }

  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE" # allows every image until the project's policy says more
  }

  security_posture_config {
    mode               = "BASIC"
    vulnerability_mode = "VULNERABILITY_DISABLED"
  }

  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }

  logging_config {
    enable_components = local.settings.logging
  }

  monitoring_config {
    enable_components = local.settings.monitoring

    managed_prometheus {
      enabled = local.settings.managed_prometheus
    }
  }

  maintenance_policy {
    daily_maintenance_window {
      start_time = local.settings.maintenance.start_time
    }

    dynamic "maintenance_exclusion" {
      for_each = local.settings.maintenance.exclusions

      content {
        exclusion_name = maintenance_exclusion.key
        start_time     = maintenance_exclusion.value.start_time
        end_time       = maintenance_exclusion.value.end_time

        exclusion_options {
          scope = maintenance_exclusion.value.scope
        }
      }
    }
  }

  # The pool that is removed at once needs the same care as any other while it lives.
  node_config {
    service_account = google_service_account.nodes.email

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    ignore_changes = [node_config, initial_node_count] # of the pool that is gone
  }

  depends_on = [
    google_kms_crypto_key_iam_member.secrets,
    google_project_iam_member.nodes,
  ]
}
