@% set cluster = cookiecutter.cluster %@
@% set options = cookiecutter.options %@
@% set environments = cookiecutter.environments %@
@% set base = environments[-1] %@
# The EKS cluster @{ cluster }@ of each environment. @{ base }@ describes it in full; the others state only what
# differs. @{ 'The variable `environment`' if cookiecutter.environment else 'The Terraform workspace' }@ chooses the environment. modules/eks/settings documents every attribute.

provider "aws" {
  alias  = "@{ cluster }@"
  region = "@{ options.region }@"
}

module "@{ cluster }@" {
  source = "./modules/eks"

  providers = {
    aws = aws.@{ cluster }@
  }

@% if cookiecutter.environment %@
  environment = @{ cookiecutter.environment }@

@% endif %@
  configuration_base_key = "@{ base }@"
@% if cookiecutter.parents %@

  # Who inherits from whom, where it is not the base.
  configuration_parents = {
@% for heir, parent in cookiecutter.parents.items() %@
    @{ heir.ljust(cookiecutter.parents | map('length') | max) }@ = "@{ parent }@"
@% endfor %@
  }
@% endif %@

  configuration = {
    # Runs everything people depend on.
    @{ base }@ = {
      name_prefix        = "@{ options.name_prefix }@"
      base_domain        = "@{ options.base_domain }@"
      region             = "@{ options.region }@"
      availability_zones = @{ options.zones | list | tojson }@
      kubernetes_version = "@{ options.kubernetes_version }@"

      node_pools = {
        default = { instance_types = ["@{ options.node_type }@"], min_size = @{ options.min_size }@, max_size = @{ options.max_size }@ }
      }
    }
@% for environment in environments[1:-1] | reverse %@

    # Like @{ cookiecutter.parents.get(environment, base) }@ in everything.
    @{ environment }@ = {}
@% endfor %@

    # Proves every change and serves nobody: the same pools at their smallest, and one NAT gateway.
    @{ environments[0] }@ = {
      network = { nat_gateways = "single" }

      node_pools = {
        default = { min_size = 1, max_size = @{ [2, options.max_size] | min }@ }
      }
    }
  }
}

output "@{ cluster }@" {
  description = "How to reach the EKS cluster @{ cluster }@ of this environment."
  value = {
    name         = module.@{ cluster }@.name
    fqdn         = module.@{ cluster }@.fqdn
    endpoint     = module.@{ cluster }@.endpoint
    name_servers = module.@{ cluster }@.name_servers
  }
}
