# The EKS cluster eks_gc0_eu-west-1 of each environment. apps describes it in full; the others state only what
# differs. The Terraform workspace chooses the environment. modules/eks/settings documents every attribute.

provider "aws" {
  alias  = "eks_gc0_eu-west-1"
  region = "eu-west-1"
}

module "eks_gc0_eu-west-1" {
  source = "./modules/eks"

  providers = {
    aws = aws.eks_gc0_eu-west-1
  }

  configuration_base_key = "apps"

  configuration = {
    # Runs everything people depend on.
    apps = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "eu-west-1"
      availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
      kubernetes_version = "1.35"

      node_pools = {
        default = { instance_types = ["m7i.large"], min_size = 3, max_size = 9 }
        batch   = { instance_types = ["m7i.2xlarge"], min_size = 0, max_size = 20 }
      }
    }

    # Proves every change and serves nobody: the same pools at their smallest, and one NAT gateway.
    ops = {
      network = { nat_gateways = "single" }

      node_pools = {
        default = { min_size = 1, max_size = 2 }
      }
    }
  }
}

output "eks_gc0_eu-west-1" {
  description = "How to reach the EKS cluster eks_gc0_eu-west-1 of this environment."
  value = {
    name         = module.eks_gc0_eu-west-1.name
    fqdn         = module.eks_gc0_eu-west-1.fqdn
    endpoint     = module.eks_gc0_eu-west-1.endpoint
    name_servers = module.eks_gc0_eu-west-1.name_servers
  }
}
