output "cluster_name" {
  description = "Name of this environment's cluster."
  value       = module.cluster.name
}

output "cluster_domain" {
  description = "Domain name of this environment's cluster."
  value       = module.cluster.domain
}

output "node_pools" {
  description = "Node pools of this environment's cluster, by name."
  value       = module.cluster.node_pools
}
