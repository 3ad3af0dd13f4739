output "name" {
  description = "Name of the cluster: prefix, environment, region."
  value       = local.name

  precondition {
    condition     = length(local.name) <= min(63, var.longest_name)
    error_message = "The name ${local.name} has ${length(local.name)} characters, and ${min(63, var.longest_name)} is the most. Shorten name_prefix, or the environment's name."
  }
}

output "domain" {
  description = "Domain of all clusters in this cloud."
  value       = local.domain
}

output "fqdn" {
  description = "Domain name of the cluster; its zone."
  value       = local.fqdn

  precondition {
    condition     = length(local.fqdn) <= 253
    error_message = "The domain name ${local.fqdn} has ${length(local.fqdn)} characters, and 253 is the most. Shorten base_domain."
  }
}

output "labels" {
  description = "The cluster's names as labels of Kubernetes objects and nodes, each at most 63 characters."
  value       = { for key, value in local.facts : "kubestack.com/${key}" => value if length(value) <= 63 }
}

output "tags" {
  description = "The cluster's names as tags with a key and a value, and those of the configuration."
  value       = merge({ for key, value in local.facts : "kubestack.com/${key}" => value }, var.tags)
}

output "tag_list" {
  description = "The cluster's names as tags without a value."
  value       = [local.name, var.environment, var.cloud, var.region]
}
