output "name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}

output "fqdn" {
  description = "Domain name of the cluster."
  value       = module.metadata.fqdn
}

output "endpoint" {
  description = "Address of the Kubernetes API."
  value       = "https://${local.settings.api_server.private ? azurerm_kubernetes_cluster.this.private_fqdn : azurerm_kubernetes_cluster.this.fqdn}:443"
}

output "certificate_authority" {
  description = "Certificate that signs the API server's, in PEM."
  value       = base64decode(azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate)
  sensitive   = true # as everything that Azure gives out beside it
}

output "kubernetes_version" {
  description = "Version of the control plane."
  value       = azurerm_kubernetes_cluster.this.current_kubernetes_version
}

output "oidc_issuer" {
  description = "Issuer of the service accounts' tokens, for federated credentials."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "zone_id" {
  description = "The cluster's DNS zone; null where there is none."
  value       = one(azurerm_dns_zone.this[*].id)
}

output "name_servers" {
  description = "Name servers of the cluster's zone, to delegate to; empty where there is none."
  value       = try(azurerm_dns_zone.this[0].name_servers, [])
}

output "resource_group" {
  description = "The resource group that everything is in, but the nodes."
  value       = local.group
}

output "node_resource_group" {
  description = "The resource group that AKS keeps the nodes in."
  value       = azurerm_kubernetes_cluster.this.node_resource_group
}

output "subnet_id" {
  description = "The subnet that nodes are in."
  value       = local.subnet
}

output "kubelet_identity" {
  description = "Object id of the identity that nodes pull images with; give it AcrPull on a registry."
  value       = one(azurerm_kubernetes_cluster.this.kubelet_identity[*].object_id)
}

output "node_pools" {
  description = "Node pools by name, with the name that Azure knows them by."
  value       = { for name, pool in azurerm_kubernetes_cluster_node_pool.this : name => pool.name }
}

output "settings" {
  description = "The configuration of this environment with what it inherits and all defaults."
  value       = local.settings
}

output "metadata" {
  description = "Names, labels and tags of the cluster."
  value = {
    name   = module.metadata.name
    domain = module.metadata.domain
    fqdn   = module.metadata.fqdn
    labels = module.metadata.labels
    tags   = local.tags
  }
}
