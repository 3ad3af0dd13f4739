resource "aws_eks_cluster" "this" {
  #checkov:skip=CKV_AWS_37:All five types are the default of log_types. Whoever pays for the logs may choose.
  name                      = local.name
  role_arn                  = aws_iam_role.cluster.arn
  version                   = local.settings.kubernetes_version
  enabled_cluster_log_types = local.settings.log_types
  tags                      = local.tags

  vpc_config {
    subnet_ids              = local.control_subnets
    endpoint_private_access = true
    endpoint_public_access  = length(local.settings.public_access_cidrs) > 0
    public_access_cidrs     = length(local.settings.public_access_cidrs) > 0 ? local.settings.public_access_cidrs : null
  }

  kubernetes_network_config {
    service_ipv4_cidr = local.settings.network.service_cidr
  }

  access_config {
    authentication_mode                         = "API_AND_CONFIG_MAP"
    bootstrap_cluster_creator_admin_permissions = local.settings.creator_is_admin
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = local.encryption_key_arn
    }
  }

  # Destroyed the other way round: a cluster cannot clean up after itself without its role and its way out.
  depends_on = [
    aws_iam_role_policy_attachment.cluster,
    aws_cloudwatch_log_group.cluster,
    aws_route_table_association.control,
    aws_route.nat,
  ]

  lifecycle {
    # Who made the cluster is known only while it is made, and the answer never changes.
    ignore_changes = [access_config[0].bootstrap_cluster_creator_admin_permissions]

    precondition {
      condition     = local.settings.region == data.aws_region.current.name
      error_message = "The configuration says region ${local.settings.region}, and the provider is in ${data.aws_region.current.name}. A cluster in another region needs a provider of its own."
    }
  }
}

# EKS would make the group itself, and keep the logs for ever.
resource "aws_cloudwatch_log_group" "cluster" {
  name              = "/aws/eks/${local.name}/cluster"
  retention_in_days = local.settings.log_retention_days
  kms_key_id        = local.encryption_key_arn
  tags              = local.tags
}

data "aws_iam_policy_document" "cluster_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name                 = "${local.name}-cluster"
  assume_role_policy   = data.aws_iam_policy_document.cluster_trust.json
  permissions_boundary = local.settings.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonEKSClusterPolicy"
}
