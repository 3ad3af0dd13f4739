# Nodes have no public addresses; they go out through Cloud NAT. Where an existing network is given, it is
# used as it is: how nodes go out from there is its owner's affair.

locals {
  own_network    = local.settings.network.network == null
  network        = local.own_network ? google_compute_network.this[0].id : local.settings.network.network
  subnetwork     = local.own_network ? google_compute_subnetwork.this[0].id : local.settings.network.subnetwork
  pods_range     = local.own_network ? "pods" : local.settings.network.pods_range
  services_range = local.own_network ? "services" : local.settings.network.services_range
  nat            = local.own_network && local.settings.network.nat
}

resource "google_compute_network" "this" {
  #checkov:skip=CKV2_GCP_18:GKE makes the firewall rules that nodes and load balancers need; without any other rule all that comes in is denied
  count = local.own_network ? 1 : 0

  project                 = local.settings.project_id
  name                    = local.name
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"

  depends_on = [google_project_service.required]
}

resource "google_compute_subnetwork" "this" {
  count = local.own_network ? 1 : 0

  project                    = local.settings.project_id
  name                       = local.name
  region                     = local.settings.region
  network                    = google_compute_network.this[0].id
  ip_cidr_range              = local.settings.network.nodes_cidr
  private_ip_google_access   = true
  private_ipv6_google_access = "DISABLE_GOOGLE_ACCESS" # there is no IPv6 here

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = local.settings.network.pods_cidr
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = local.settings.network.services_cidr
  }

  dynamic "log_config" {
    for_each = local.settings.network.flow_logs ? [true] : []

    content {
      aggregation_interval = "INTERVAL_10_MIN"
      flow_sampling        = 0.5
      metadata             = "INCLUDE_ALL_METADATA"
    }
  }
}

resource "google_compute_router" "this" {
  count = local.nat ? 1 : 0

  project = local.settings.project_id
  name    = local.name
  region  = local.settings.region
  network = google_compute_network.this[0].id
}

resource "google_compute_address" "nat" {
  count = local.nat ? local.settings.network.nat_addresses : 0

  project = local.settings.project_id
  name    = "${local.name}-nat-${count.index}"
  region  = local.settings.region
  labels  = local.labels

  depends_on = [google_project_service.required]
}

resource "google_compute_router_nat" "this" {
  count = local.nat ? 1 : 0

  project                            = local.settings.project_id
  name                               = local.name
  region                             = local.settings.region
  router                             = google_compute_router.this[0].name
  nat_ip_allocate_option             = local.settings.network.nat_addresses > 0 ? "MANUAL_ONLY" : "AUTO_ONLY"
  nat_ips                            = google_compute_address.nat[*].self_link
  min_ports_per_vm                   = local.settings.network.nat_min_ports
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.this[0].id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
