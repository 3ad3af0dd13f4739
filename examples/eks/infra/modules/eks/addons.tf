# What every cluster runs besides the control plane. EKS brings its own versions of the first three; as
# add-ons they are updated with the cluster.

locals {
  usual_addons = {
    vpc-cni                = {}
    kube-proxy             = {}
    coredns                = {}
    eks-pod-identity-agent = {}
    aws-ebs-csi-driver = {
      role_arn        = one(aws_iam_role.ebs_csi[*].arn)
      service_account = "ebs-csi-controller-sa"
    }
  }

  # One word of the configuration wins over the usual; `enabled = false` leaves an add-on out.
  addons = {
    for name in setunion(keys(local.usual_addons), keys(local.settings.addon_settings)) : name => {
      version         = try(local.settings.addon_settings[name].version, null)
      configuration   = try(local.settings.addon_settings[name].configuration, null)
      role_arn        = try(coalesce(local.settings.addon_settings[name].role_arn), local.usual_addons[name].role_arn, null)
      service_account = try(coalesce(local.settings.addon_settings[name].service_account), local.usual_addons[name].service_account, null)
    } if local.settings.addons && try(local.settings.addon_settings[name].enabled, true)
  }

  makes_ebs_role = local.settings.addons && try(local.settings.addon_settings["aws-ebs-csi-driver"].enabled, true)
}

resource "aws_eks_addon" "this" {
  for_each = local.addons

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = each.value.version
  configuration_values        = each.value.configuration
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "PRESERVE"
  tags                        = local.tags

  dynamic "pod_identity_association" {
    for_each = each.value.service_account != null ? [each.value] : []

    content {
      role_arn        = pod_identity_association.value.role_arn
      service_account = pod_identity_association.value.service_account
    }
  }

  # They are not healthy before there is a node to run on.
  depends_on = [aws_eks_node_group.this]
}

data "aws_iam_policy_document" "pod_identity_trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "ebs_csi" {
  count = local.makes_ebs_role ? 1 : 0

  name                 = "${local.name}-ebs-csi"
  assume_role_policy   = data.aws_iam_policy_document.pod_identity_trust.json
  permissions_boundary = local.settings.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy_attachment" "ebs_csi" {
  count = local.makes_ebs_role ? 1 : 0

  role       = aws_iam_role.ebs_csi[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
}
