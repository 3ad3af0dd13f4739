# The module without a cloud: `terraform init && terraform test` in modules/gke. Tests run in the workspace
# `default`, so that is the environment here; it inherits from apps as every other one does.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }

  mock_resource "google_service_account" {
    defaults = { email = "nodes@acme-platform.iam.gserviceaccount.com", member = "serviceAccount:nodes@acme-platform.iam.gserviceaccount.com" }
  }

  mock_resource "google_dns_managed_zone" {
    defaults = { name_servers = ["ns-1.example.net."] }
  }
}

# What the cloud would say of a block that the configuration has.
override_resource {
  target = google_container_cluster.this
  values = {
    endpoint    = "203.0.113.10"
    master_auth = { cluster_ca_certificate = "TU9DSw==" }
  }
}

variables {
  configuration_base_key = "apps"

  configuration = {
    apps = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      project_id         = "acme-platform"
      region             = "europe-west1"
      kubernetes_version = "1.35"
      node_pools = {
        default = { machine_type = "e2-standard-4", min_size = 3, max_size = 9 }
      }
    }
    default = { node_pools = { default = { min_size = 1, max_size = 2 } } }
  }
}

run "defaults_are_safe" {
  assert {
    condition     = google_container_cluster.this.name == "gc0-default-europe-west1" && output.fqdn == "gc0-default-europe-west1.gcp.acme.example.com"
    error_message = "Names are not as expected: ${google_container_cluster.this.name}, ${output.fqdn}."
  }

  assert {
    condition = (
      google_container_cluster.this.private_cluster_config[0].enable_private_nodes &&
      length(google_container_cluster.this.master_authorized_networks_config[0].cidr_blocks) == 0 &&
      google_container_cluster.this.deletion_protection
    )
    error_message = "Nodes have to be private, the address closed, and the cluster protected."
  }

  assert {
    condition = (
      google_container_cluster.this.database_encryption[0].state == "ENCRYPTED" &&
      google_kms_crypto_key_iam_member.secrets.member == "serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com"
    )
    error_message = "Secrets have to be encrypted with a key that GKE may use."
  }

  assert {
    condition = alltrue([
      for pool in google_container_node_pool.this :
      pool.node_config[0].shielded_instance_config[0].enable_secure_boot && pool.network_config[0].enable_private_nodes &&
      pool.node_config[0].workload_metadata_config[0].mode == "GKE_METADATA"
    ])
    error_message = "Nodes need secure boot, no public address, and workload identity."
  }

  assert {
    condition     = google_container_node_pool.this["default"].autoscaling[0].total_max_node_count == 2 && google_container_node_pool.this["default"].node_config[0].machine_type == "e2-standard-4"
    error_message = "The pool has to inherit its type and keep its own size."
  }

  assert {
    condition     = google_container_cluster.this.resource_labels["kubestack-cluster_fqdn"] == "gc0-default-europe-west1_gcp_acme_example_com"
    error_message = "Labels have to be such as Google Cloud takes."
  }

  assert {
    condition     = length(google_compute_network.this) == 1 && length(google_compute_router_nat.this) == 1 && length(google_dns_managed_zone.this) == 1
    error_message = "The network, its way out and the zone are missing."
  }
}

run "an_existing_network_is_used" {
  variables {
    configuration = {
      apps = {
        name_prefix   = "gc0"
        base_domain   = "acme.example.com"
        project_id    = "acme-platform"
        region        = "europe-west1"
        dns_zone      = false
        network       = { network = "shared", subnetwork = "shared-europe-west1", pods_range = "gke-pods", services_range = "gke-services" }
        control_plane = { authorized_networks = { office = "203.0.113.0/24" }, security_group = "gke-security-groups@acme.example.com" }
        encryption = {
          secrets_key = "projects/acme-keys/locations/europe-west1/keyRings/a/cryptoKeys/secrets"
          disks_key   = "projects/acme-keys/locations/europe-west1/keyRings/a/cryptoKeys/disks"
        }
        maintenance = { exclusions = { freeze = { start_time = "2030-12-20T00:00:00Z", end_time = "2031-01-03T00:00:00Z" } } }
        node_pools = {
          default = { machine_type = "e2-standard-4", min_size = 1, max_size = 3, availability_zones = ["europe-west1-b"] }
          batch   = { machine_type = "n2-standard-8", min_size = 0, max_size = 20, spot = true, local_ssds = 1, taints = [{ key = "batch" }] }
        }
      }
      default = {}
    }
  }

  assert {
    condition = (
      length(google_compute_network.this) == 0 && length(google_compute_router_nat.this) == 0 && length(google_kms_key_ring.this) == 0 &&
      length(google_dns_managed_zone.this) == 0 && output.zone_id == null && length(output.name_servers) == 0
    )
    error_message = "Nothing may be made that was given or left out."
  }

  assert {
    condition = (
      google_container_cluster.this.network == "shared" &&
      google_container_cluster.this.ip_allocation_policy[0].cluster_secondary_range_name == "gke-pods"
    )
    error_message = "The network that was given has to be used."
  }

  assert {
    condition = (
      google_container_node_pool.this["default"].node_locations == toset(["europe-west1-b"]) &&
      google_container_node_pool.this["batch"].node_config[0].spot &&
      google_container_node_pool.this["batch"].node_config[0].taint[0].effect == "NO_SCHEDULE" &&
      google_container_node_pool.this["batch"].node_config[0].boot_disk_kms_key == "projects/acme-keys/locations/europe-west1/keyRings/a/cryptoKeys/disks"
    )
    error_message = "Pools have to be as they are written."
  }
}

run "a_long_name_keeps_service_accounts_apart" {
  variables {
    configuration = {
      apps = {
        name_prefix = "gc0"
        base_domain = "acme.example.com"
        project_id  = "acme-platform"
        region      = "northamerica-northeast1"
        node_pools  = { default = { machine_type = "e2-standard-4", min_size = 1, max_size = 3 } }
      }
      default = {}
    }
  }

  assert {
    condition     = google_service_account.nodes.account_id == "gc0-default-86d78046"
    error_message = "The account is ${google_service_account.nodes.account_id}: another id would replace every account there is."
  }
}

run "a_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    configuration = {
      apps = {
        name_prefix = "a-prefix-of-sixteen"
        base_domain = "acme.example.com"
        project_id  = "acme-platform"
        region      = "europe-west1"
        node_pools  = { default = { machine_type = "e2-standard-4", min_size = 1, max_size = 3 } }
      }
      default = {}
    }
  }

  expect_failures = [google_service_account.nodes]
}

run "the_environment_can_be_said" {
  command = plan

  variables {
    environment = "apps"
  }

  assert {
    condition     = google_container_cluster.this.name == "gc0-apps-europe-west1"
    error_message = "The cluster is that of another environment: ${google_container_cluster.this.name}."
  }
}
