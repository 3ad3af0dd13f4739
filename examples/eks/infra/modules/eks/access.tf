# Who may do what: service accounts in AWS (OIDC provider), people and CI in Kubernetes (access entries).

resource "aws_iam_openid_connect_provider" "this" {
  count = local.settings.oidc_provider ? 1 : 0

  url            = aws_eks_cluster.this.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
  tags           = merge(local.tags, { Name = local.name })
}

locals {
  access = local.settings.access_entries ? local.settings.access : {}
}

resource "aws_eks_access_entry" "this" {
  for_each = local.access

  cluster_name      = aws_eks_cluster.this.name
  principal_arn     = each.value.principal_arn
  kubernetes_groups = each.value.kubernetes_groups
  tags              = local.tags
}

resource "aws_eks_access_policy_association" "this" {
  for_each = { for name, entry in local.access : name => entry if entry.policy != null }

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value.principal_arn
  policy_arn    = "arn:${local.partition}:eks::aws:cluster-access-policy/${each.value.policy}"

  access_scope {
    type       = length(each.value.namespaces) > 0 ? "namespace" : "cluster"
    namespaces = length(each.value.namespaces) > 0 ? each.value.namespaces : null
  }

  depends_on = [aws_eks_access_entry.this]
}
