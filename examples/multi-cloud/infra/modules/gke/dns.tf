# A zone for the cluster's own domain. It answers once the zone above it delegates to its name servers.

resource "google_dns_managed_zone" "this" {
  count = local.settings.dns_zone ? 1 : 0

  project     = local.settings.project_id
  name        = local.name
  dns_name    = "${module.metadata.fqdn}."
  description = "Names of the cluster ${local.name}"
  labels      = local.labels
  visibility  = "public"

  dnssec_config {
    state = "on"

    default_key_specs {
      algorithm  = "rsasha256"
      key_type   = "keySigning"
      key_length = 2048
    }

    default_key_specs {
      algorithm  = "rsasha256"
      key_type   = "zoneSigning"
      key_length = 1024
    }
  }

  depends_on = [google_project_service.required]
}

resource "google_dns_record_set" "delegation" {
  count = local.settings.dns_zone && local.settings.dns_parent_zone != null ? 1 : 0

  project      = local.settings.project_id
  managed_zone = local.settings.dns_parent_zone
  name         = "${module.metadata.fqdn}."
  type         = "NS"
  ttl          = 300
  rrdatas      = google_dns_managed_zone.this[0].name_servers
}
