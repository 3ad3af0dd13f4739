# Each zone has three subnets: nodes in private ones, with a way out through NAT; load balancers and the
# NAT gateways in public ones; the control plane's interfaces in small ones of their own, which EKS asks
# for so that an upgrade always finds free addresses.

locals {
  makes_vpc = local.settings.network.vpc_id == null
  zones     = local.makes_vpc ? { for index, zone in local.settings.availability_zones : zone => index } : {}
  nat_zones = {
    per_zone = local.zones
    single   = { for zone, index in local.zones : zone => index if index == 0 }
    none     = {}
  }[local.settings.network.nat_gateways]

  # Of a /16: nodes have 10.0.16.0/20, 10.0.32.0/20 …; what is left of the first /20 is divided into
  # the small subnets, /24 each: from 10.0.0.0 for the control plane, from 10.0.8.0 for the public ones.
  vpc_cidr         = local.settings.network.vpc_cidr
  node_cidrs       = { for zone, index in local.zones : zone => cidrsubnet(local.vpc_cidr, 4, index + 1) }
  control_cidrs    = { for zone, index in local.zones : zone => cidrsubnet(local.vpc_cidr, 8, index) }
  public_cidrs     = { for zone, index in local.zones : zone => cidrsubnet(local.vpc_cidr, 8, index + 8) }
  vpc_id           = local.makes_vpc ? one(aws_vpc.this[*].id) : local.settings.network.vpc_id
  control_subnets  = local.makes_vpc ? [for zone, _ in local.zones : aws_subnet.control[zone].id] : local.settings.network.cluster_subnet_ids
  node_subnets     = local.makes_vpc ? [for zone, _ in local.zones : aws_subnet.node[zone].id] : local.settings.network.node_subnet_ids
  makes_flow_logs  = local.makes_vpc && local.settings.network.flow_logs
  zones_eks_offers = data.aws_availability_zones.eks.names
}

# The zones whose ids EKS refuses for its control plane. Which letter they have differs by account.
data "aws_availability_zones" "eks" {
  #checkov:skip=CKV_AWS_394:It chooses no zone. The configuration names them, and is checked against this list.
  state            = "available"
  exclude_zone_ids = ["use1-az3", "usw1-az2", "cac1-az3"]
}

resource "aws_vpc" "this" {
  count = local.makes_vpc ? 1 : 0

  cidr_block           = local.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # the private endpoint is found by its name

  tags = merge(local.tags, { Name = local.name })

  lifecycle {
    precondition {
      condition     = alltrue([for zone, _ in local.zones : contains(local.zones_eks_offers, zone)])
      error_message = "EKS does not offer: ${join(", ", [for zone, _ in local.zones : zone if !contains(local.zones_eks_offers, zone)])}. In this account it offers: ${join(", ", local.zones_eks_offers)}."
    }
  }
}

# Nothing uses the default security group, so it lets nothing through.
resource "aws_default_security_group" "this" {
  count = local.makes_vpc ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = "${local.name}-default" })
}

resource "aws_subnet" "control" {
  for_each = local.zones

  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.key
  cidr_block        = local.control_cidrs[each.key]

  tags = merge(local.tags, { Name = "${local.name}-control-${each.key}" })
}

resource "aws_subnet" "node" {
  for_each = local.zones

  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.key
  cidr_block        = local.node_cidrs[each.key]

  tags = merge(local.tags, {
    Name                                  = "${local.name}-node-${each.key}"
    "kubernetes.io/cluster/${local.name}" = "shared"
    "kubernetes.io/role/internal-elb"     = "1"
  })
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id            = aws_vpc.this[0].id
  availability_zone = each.key
  cidr_block        = local.public_cidrs[each.key]

  tags = merge(local.tags, {
    Name                                  = "${local.name}-public-${each.key}"
    "kubernetes.io/cluster/${local.name}" = "shared"
    "kubernetes.io/role/elb"              = "1"
  })
}

resource "aws_internet_gateway" "this" {
  count = local.makes_vpc ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = local.name })
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"
  tags   = merge(local.tags, { Name = "${local.name}-nat-${each.key}" })
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat_zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id
  tags          = merge(local.tags, { Name = "${local.name}-${each.key}" })

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  count = local.makes_vpc ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = "${local.name}-public" })
}

resource "aws_route" "internet" {
  count = local.makes_vpc ? 1 : 0

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  for_each = local.zones

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_route_table" "private" {
  for_each = local.zones

  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = "${local.name}-private-${each.key}" })
}

resource "aws_route" "nat" {
  for_each = length(local.nat_zones) > 0 ? local.zones : {}

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = try(aws_nat_gateway.this[each.key].id, values(aws_nat_gateway.this)[0].id)
}

resource "aws_route_table_association" "node" {
  for_each = local.zones

  subnet_id      = aws_subnet.node[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

resource "aws_route_table_association" "control" {
  for_each = local.zones

  subnet_id      = aws_subnet.control[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

resource "aws_cloudwatch_log_group" "flow_logs" {
  count = local.makes_flow_logs ? 1 : 0

  name              = "/aws/vpc/${local.name}/flow-logs"
  retention_in_days = local.settings.log_retention_days
  kms_key_id        = local.encryption_key_arn
  tags              = local.tags
}

resource "aws_flow_log" "this" {
  count = local.makes_flow_logs ? 1 : 0

  vpc_id          = aws_vpc.this[0].id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow_logs[0].arn
  iam_role_arn    = aws_iam_role.flow_logs[0].arn
  tags            = merge(local.tags, { Name = local.name })
}

data "aws_iam_policy_document" "flow_logs_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "flow_logs" {
  count = local.makes_flow_logs ? 1 : 0

  name                 = "${local.name}-flow-logs"
  assume_role_policy   = data.aws_iam_policy_document.flow_logs_trust.json
  permissions_boundary = local.settings.permissions_boundary_arn
  tags                 = local.tags
}

resource "aws_iam_role_policy" "flow_logs" {
  count = local.makes_flow_logs ? 1 : 0

  name = "write-flow-logs"
  role = aws_iam_role.flow_logs[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
      Resource = [aws_cloudwatch_log_group.flow_logs[0].arn, "${aws_cloudwatch_log_group.flow_logs[0].arn}:*"]
    }]
  })
}
