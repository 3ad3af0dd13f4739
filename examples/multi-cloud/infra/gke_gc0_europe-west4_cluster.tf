# The GKE cluster gke_gc0_europe-west4 of each environment. apps describes it in full; the others state only what
# differs. The Terraform workspace chooses the environment. modules/gke/settings documents every attribute.

provider "google" {
  alias   = "gke_gc0_europe-west4"
  project = "acme-platform"
  region  = "europe-west4"
}

module "gke_gc0_europe-west4" {
  source = "./modules/gke"

  providers = {
    google = google.gke_gc0_europe-west4
  }

  configuration_base_key = "apps"

  configuration = {
    # Runs everything people depend on.
    apps = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      project_id         = "acme-platform"
      region             = "europe-west4"
      availability_zones = ["europe-west4-a", "europe-west4-b", "europe-west4-c"]
      kubernetes_version = "1.35"

      node_pools = {
        default = { machine_type = "e2-standard-4", min_size = 3, max_size = 9 }
      }
    }

    # Proves every change and serves nobody: the same pools at their smallest.
    ops = {
      node_pools = {
        default = { min_size = 1, max_size = 2 }
      }
    }
  }
}

output "gke_gc0_europe-west4" {
  description = "How to reach the GKE cluster gke_gc0_europe-west4 of this environment."
  value = {
    name         = module.gke_gc0_europe-west4.name
    fqdn         = module.gke_gc0_europe-west4.fqdn
    endpoint     = module.gke_gc0_europe-west4.endpoint
    dns_endpoint = module.gke_gc0_europe-west4.dns_endpoint
    name_servers = module.gke_gc0_europe-west4.name_servers
  }
}
