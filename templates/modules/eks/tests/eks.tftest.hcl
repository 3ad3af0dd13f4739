# The module without a cloud: `terraform init && terraform test` in modules/eks. Tests run in the workspace
# `default`, so that is the environment here; it inherits from apps as every other one does.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/mock" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:mock" }
  }

  mock_resource "aws_eks_cluster" {
    defaults = {
      identity              = [{ oidc = [{ issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/MOCK" }] }]
      certificate_authority = [{ data = "TU9DSw==" }]
    }
  }

  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0" }
  }
}

variables {
  configuration_base_key = "apps"

  configuration = {
    apps = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "eu-west-1"
      availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
      kubernetes_version = "1.35"
      node_pools = {
        default = { instance_types = ["m7i.large"], min_size = 3, max_size = 9 }
      }
    }
    default = {}
  }
}

run "defaults_are_safe" {
  assert {
    condition     = aws_eks_cluster.this.name == "gc0-default-eu-west-1" && output.fqdn == "gc0-default-eu-west-1.aws.acme.example.com"
    error_message = "Names are not as expected: ${aws_eks_cluster.this.name}, ${output.fqdn}."
  }

  assert {
    condition = (
      aws_eks_cluster.this.vpc_config[0].endpoint_private_access &&
      !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    )
    error_message = "The API server has to be private until somebody opens it."
  }

  assert {
    condition = (
      aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == aws_kms_key.this[0].arn &&
      aws_kms_key.this[0].enable_key_rotation &&
      aws_cloudwatch_log_group.cluster.kms_key_id == aws_kms_key.this[0].arn
    )
    error_message = "Secrets and logs have to be encrypted with the cluster's key."
  }

  assert {
    condition = alltrue([
      for template in aws_launch_template.node :
      template.metadata_options[0].http_tokens == "required" &&
      template.block_device_mappings[0].ebs[0].encrypted == "true" &&
      template.network_interfaces[0].associate_public_ip_address == "false"
    ])
    error_message = "Nodes need encrypted volumes, IMDSv2 and no public address."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_route.nat) == 3 && length(aws_flow_log.this) == 1
    error_message = "Each zone needs its NAT gateway, and the network its flow logs."
  }

  assert {
    condition = (
      values(aws_subnet.node)[*].cidr_block == ["10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20"] &&
      values(aws_subnet.control)[*].cidr_block == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"] &&
      values(aws_subnet.public)[*].cidr_block == ["10.0.8.0/24", "10.0.9.0/24", "10.0.10.0/24"]
    )
    error_message = "The subnets moved: that would replace them in every platform there is."
  }

  assert {
    condition     = keys(aws_eks_addon.this) == ["aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"]
    error_message = "The usual add-ons are missing."
  }

  assert {
    condition     = aws_eks_addon.this["aws-ebs-csi-driver"].pod_identity_association != null && aws_eks_node_group.this["default"].ami_type == "AL2023_x86_64_STANDARD"
    error_message = "The volume driver needs its role, and nodes their image."
  }
}

run "an_existing_vpc_is_used" {
  variables {
    configuration = {
      apps = {
        name_prefix        = "gc0"
        base_domain        = "acme.example.com"
        region             = "eu-west-1"
        kubernetes_version = "1.35"
        network = {
          vpc_id             = "vpc-1"
          cluster_subnet_ids = ["subnet-1", "subnet-2"]
          node_subnet_ids    = ["subnet-3"]
        }
        node_pools = {
          default = { instance_types = ["m7g.large"], min_size = 1, max_size = 3 }
          gpu     = { instance_types = ["g6.xlarge"], min_size = 0, max_size = 1, subnet_ids = ["subnet-4"] }
        }
      }
      default = {}
    }
  }

  assert {
    condition     = length(aws_vpc.this) == 0 && length(aws_nat_gateway.this) == 0 && length(aws_subnet.node) == 0 && length(aws_flow_log.this) == 0
    error_message = "Nothing of the network may be made."
  }

  assert {
    condition = (
      aws_eks_cluster.this.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) &&
      aws_eks_node_group.this["default"].subnet_ids == toset(["subnet-3"]) &&
      aws_eks_node_group.this["gpu"].subnet_ids == toset(["subnet-4"])
    )
    error_message = "The subnets that were given have to be used."
  }

  assert {
    condition = (
      aws_eks_node_group.this["default"].ami_type == "AL2023_ARM_64_STANDARD" &&
      aws_eks_node_group.this["gpu"].ami_type == "AL2023_x86_64_NVIDIA" &&
      aws_eks_node_group.this["gpu"].scaling_config[0].desired_size == 1
    )
    error_message = "The image has to follow the instance type."
  }
}

run "parts_can_be_left_out_and_access_is_given" {
  variables {
    configuration = {
      apps = {
        name_prefix         = "gc0"
        base_domain         = "acme.example.com"
        region              = "eu-west-1"
        availability_zones  = ["eu-west-1a", "eu-west-1b"]
        kubernetes_version  = "1.35"
        oidc_provider       = false
        dns_zone            = false
        encryption_key_arn  = "arn:aws:kms:eu-west-1:123456789012:key/given"
        public_access_cidrs = ["203.0.113.0/24"]
        network             = { nat_gateways = "single", flow_logs = false }
        addon_settings      = { aws-ebs-csi-driver = { enabled = false }, coredns = { version = "v1.12.1-eksbuild.2" } }
        access = {
          admins = { principal_arn = "arn:aws:iam::123456789012:role/admins", policy = "AmazonEKSClusterAdminPolicy" }
          shop   = { principal_arn = "arn:aws:iam::123456789012:role/shop", policy = "AmazonEKSEditPolicy", namespaces = ["shop"] }
        }
        node_pools = {
          default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3, availability_zones = ["eu-west-1b"] }
        }
      }
      default = {}
    }
  }

  assert {
    condition = (
      length(aws_iam_openid_connect_provider.this) == 0 && length(aws_route53_zone.this) == 0 && length(aws_kms_key.this) == 0 &&
      length(aws_flow_log.this) == 0 && length(aws_iam_role.ebs_csi) == 0 && length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 2
    )
    error_message = "What was switched off was made."
  }

  assert {
    condition = (
      aws_eks_cluster.this.vpc_config[0].endpoint_public_access &&
      aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["203.0.113.0/24"])
    )
    error_message = "The API server has to be open to the networks named, and to no other."
  }

  assert {
    condition     = keys(aws_eks_addon.this) == ["coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"] && aws_eks_addon.this["coredns"].addon_version == "v1.12.1-eksbuild.2"
    error_message = "The changes to the add-ons were not taken."
  }

  assert {
    condition = (
      aws_eks_access_policy_association.this["admins"].access_scope[0].type == "cluster" &&
      aws_eks_access_policy_association.this["shop"].access_scope[0].namespaces == toset(["shop"])
    )
    error_message = "Access is not what was asked for."
  }
}

run "the_environment_can_be_said" {
  command = plan

  variables {
    environment = "apps"
  }

  assert {
    condition     = aws_eks_cluster.this.name == "gc0-apps-eu-west-1"
    error_message = "The cluster is that of another environment: ${aws_eks_cluster.this.name}."
  }
}
