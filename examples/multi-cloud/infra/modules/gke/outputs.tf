output "name" {
  description = "Name of the cluster."
  value       = google_container_cluster.this.name
}

output "fqdn" {
  description = "Domain name of the cluster."
  value       = module.metadata.fqdn
}

output "endpoint" {
  description = "Address of the Kubernetes API."
  value       = "https://${google_container_cluster.this.endpoint}"
}

output "dns_endpoint" {
  description = "Domain name of the Kubernetes API that those whom IAM lets in reach from anywhere; its certificate is a public one."
  value       = google_container_cluster.this.control_plane_endpoints_config[0].dns_endpoint_config[0].endpoint
}

output "certificate_authority" {
  description = "Certificate that signs the API server's, in PEM."
  value       = base64decode(google_container_cluster.this.master_auth[0].cluster_ca_certificate)
}

output "kubernetes_version" {
  description = "Version of the control plane."
  value       = google_container_cluster.this.master_version
}

output "zone_id" {
  description = "The cluster's DNS zone; null where there is none."
  value       = one(google_dns_managed_zone.this[*].name)
}

output "name_servers" {
  description = "Name servers of the cluster's zone, to delegate to; empty where there is none."
  value       = try(google_dns_managed_zone.this[0].name_servers, [])
}

output "workload_identity_pool" {
  description = "Pool that the identities of Kubernetes service accounts belong to."
  value       = "${local.settings.project_id}.svc.id.goog"
}

output "node_service_account" {
  description = "E-mail address of the service account that nodes work as."
  value       = google_service_account.nodes.email
}

output "network" {
  description = "Id of the network and the subnetwork that nodes are in."
  value = {
    network    = local.network
    subnetwork = local.subnetwork
  }
}

output "node_pools" {
  description = "Node pools by name, with the name that Google Cloud knows them by."
  value       = { for name, pool in google_container_node_pool.this : name => pool.name }
}

output "settings" {
  description = "The configuration of this environment with what it inherits and all defaults."
  value       = local.settings
}

output "metadata" {
  description = "Names and labels of the cluster; `tags` are its labels in Google Cloud."
  value = {
    name   = module.metadata.name
    domain = module.metadata.domain
    fqdn   = module.metadata.fqdn
    labels = module.metadata.labels
    tags   = local.labels
  }
}
