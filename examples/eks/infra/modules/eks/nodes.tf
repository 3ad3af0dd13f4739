# Managed node groups. A launch template for each says what AWS would leave open: encrypted volumes,
# metadata by session tokens alone, no public address.

locals {
  # The image by the first instance type: Graviton has a g after its generation (m7g, c7gd), and of the
  # families with a GPU only g5g is Graviton.
  images = {
    for name, pool in local.settings.node_pools : name => coalesce(
      pool.ami_type,
      can(regex("^(g[4-9]|gr6|p[3-9])", pool.instance_types[0])) && !startswith(pool.instance_types[0], "g5g.") ? "AL2023_x86_64_NVIDIA" : "",
      can(regex("^[a-z]+[0-9]+g[a-z]*\\.", pool.instance_types[0])) ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD",
    )
  }

  # Its own subnets, those of its zones, or all.
  pool_subnets = {
    for name, pool in local.settings.node_pools : name => coalescelist(
      pool.subnet_ids,
      [for zone in pool.availability_zones : aws_subnet.node[zone].id if local.makes_vpc],
      local.node_subnets,
    )
  }
}

resource "aws_launch_template" "node" {
  #checkov:skip=CKV_AWS_341:One hop is the default. More is for pods that have no other way to their credentials.
  for_each = local.settings.node_pools

  name_prefix            = "${local.name}-${each.key}-"
  update_default_version = true
  tags                   = local.tags

  block_device_mappings {
    device_name = startswith(local.images[each.key], "BOTTLEROCKET") ? "/dev/xvdb" : "/dev/xvda"

    ebs {
      encrypted             = true
      kms_key_id            = local.encryption_key_arn
      volume_size           = each.value.disk_size
      volume_type           = each.value.disk_type
      iops                  = each.value.disk_iops
      throughput            = each.value.disk_throughput
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = each.value.metadata_hop_limit
  }

  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [aws_eks_cluster.this.vpc_config[0].cluster_security_group_id]
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]

    content {
      resource_type = tag_specifications.value
      tags          = merge(local.tags, each.value.tags, { Name = "${local.name}-${each.key}" })
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = local.settings.node_pools

  cluster_name = aws_eks_cluster.this.name
  # A prefix, so that a pool that has to be replaced has its successor before it goes.
  node_group_name_prefix = "${each.key}-"
  node_role_arn          = aws_iam_role.node.arn
  subnet_ids             = local.pool_subnets[each.key]
  instance_types         = each.value.instance_types
  capacity_type          = each.value.capacity_type
  ami_type               = local.images[each.key]
  release_version        = each.value.ami_release_version
  version                = coalesce(each.value.kubernetes_version, aws_eks_cluster.this.version)
  labels                 = merge({ "kubestack.com/node-pool" = each.key }, each.value.labels)
  tags                   = merge(local.tags, each.value.tags, { Name = "${local.name}-${each.key}" })

  launch_template {
    id      = aws_launch_template.node[each.key].id
    version = aws_launch_template.node[each.key].latest_version
  }

  scaling_config {
    desired_size = coalesce(each.value.desired_size, max(each.value.min_size, 1))
    min_size     = each.value.min_size
    max_size     = each.value.max_size
  }

  update_config {
    max_unavailable_percentage = each.value.max_unavailable_percentage
  }

  dynamic "taint" {
    for_each = each.value.taints

    content {
      key    = taint.value.key
      value  = taint.value.value
      effect = taint.value.effect
    }
  }

  depends_on = [
    aws_iam_role_policy_attachment.node,
    aws_route_table_association.node,
    aws_route.nat,
  ]

  lifecycle {
    create_before_destroy = true
    # The autoscaler's business from the first day on.
    ignore_changes = [scaling_config[0].desired_size]
  }
}

data "aws_iam_policy_document" "node_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "node" {
  name                 = "${local.name}-node"
  assume_role_policy   = data.aws_iam_policy_document.node_trust.json
  permissions_boundary = local.settings.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])

  role       = aws_iam_role.node.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.key}"
}
