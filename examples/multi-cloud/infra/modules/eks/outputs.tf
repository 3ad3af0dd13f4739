output "name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "fqdn" {
  description = "Domain name of the cluster."
  value       = module.metadata.fqdn
}

output "endpoint" {
  description = "Address of the Kubernetes API."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "Certificate that signs the API server's, in PEM."
  value       = base64decode(aws_eks_cluster.this.certificate_authority[0].data)
}

output "kubernetes_version" {
  description = "Version of the control plane."
  value       = aws_eks_cluster.this.version
}

output "oidc_issuer" {
  description = "Issuer of the service accounts' tokens."
  value       = aws_eks_cluster.this.identity[0].oidc[0].issuer
}

output "oidc_provider_arn" {
  description = "The OIDC provider for roles of service accounts; null where there is none."
  value       = one(aws_iam_openid_connect_provider.this[*].arn)
}

output "zone_id" {
  description = "The cluster's DNS zone; null where there is none."
  value       = one(aws_route53_zone.this[*].zone_id)
}

output "name_servers" {
  description = "Name servers of the cluster's zone, to delegate to; empty where there is none."
  value       = try(aws_route53_zone.this[0].name_servers, [])
}

output "vpc_id" {
  description = "The VPC that the cluster is in."
  value       = local.vpc_id
}

output "node_subnet_ids" {
  description = "The subnets that nodes are in."
  value       = local.node_subnets
}

output "node_role_arn" {
  description = "The role of the nodes."
  value       = aws_iam_role.node.arn
}

output "security_group_id" {
  description = "The security group that control plane and nodes share."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "encryption_key_arn" {
  description = "The key of secrets, volumes and logs."
  value       = local.encryption_key_arn
}

output "node_pools" {
  description = "Node pools by name, with the name that AWS knows them by."
  value       = { for name, group in aws_eks_node_group.this : name => group.node_group_name }
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
    tags   = module.metadata.tags
  }
}
