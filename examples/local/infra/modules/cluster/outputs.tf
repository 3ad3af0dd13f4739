output "name" {
  description = "Name of the cluster: name prefix, environment, region."
  value       = terraform_data.cluster.input.name
}

output "domain" {
  description = "Domain name of the cluster."
  value       = terraform_data.cluster.input.domain
}

output "node_pools" {
  description = "Node pools by name, with their type and size."
  value = {
    for name, pool in terraform_data.node_pool : name => {
      instance_type = pool.input.instance_type
      min_size      = pool.input.min_size
      max_size      = pool.input.max_size
    }
  }
}
