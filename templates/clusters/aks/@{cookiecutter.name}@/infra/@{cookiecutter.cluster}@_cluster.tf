@% set cluster = cookiecutter.cluster %@
@% set options = cookiecutter.options %@
@% set environments = cookiecutter.environments %@
@% set base = environments[-1] %@
@% set parents = cookiecutter.get('parents') or {} %@
# The AKS cluster @{ cluster }@ of each environment. @{ base }@ describes it in full; the others state only what
# differs. @{ 'The variable `environment`' if cookiecutter.environment else 'The Terraform workspace' }@ chooses the environment. modules/aks/settings documents every attribute.

# The subscription is named by ARM_SUBSCRIPTION_ID.
provider "azurerm" {
  alias = "@{ cluster }@"
  features {}
}

module "@{ cluster }@" {
  source = "./modules/aks"

  providers = {
    azurerm = azurerm.@{ cluster }@
  }

@% if cookiecutter.environment %@
  environment = @{ cookiecutter.environment }@

@% endif %@
  configuration_base_key = "@{ base }@"
@% if parents %@

  # Who inherits from whom, where it is not the base.
  configuration_parents = {
@% for heir, parent in parents.items() %@
    @{ heir.ljust(parents | map('length') | max) }@ = "@{ parent }@"
@% endfor %@
  }
@% endif %@

  configuration = {
    # Runs everything people depend on.
    @{ base }@ = {
      name_prefix        = "@{ options.name_prefix }@"
      base_domain        = "@{ options.base_domain }@"
@% if options.answers.get('resource_group') %@
      resource_group     = "@{ options.answers.resource_group }@"
@% endif %@
      region             = "@{ options.region }@"
      availability_zones = @{ options.zones | list | tojson }@
      kubernetes_version = "@{ options.kubernetes_version }@"

      node_pools = {
        default = { vm_size = "@{ options.node_type }@", min_size = @{ options.min_size }@, max_size = @{ options.max_size }@ }
      }
    }
@% for environment in environments[1:-1] | reverse %@

    # Like @{ parents.get(environment, base) }@ in everything.
    @{ environment }@ = {}
@% endfor %@

    # Proves every change and serves nobody: the same pools at their smallest.
    @{ environments[0] }@ = {
      system_pool = { min_size = 1 }

      node_pools = {
        default = { min_size = 1, max_size = @{ [2, options.max_size] | min }@ }
      }
    }
  }
}

output "@{ cluster }@" {
  description = "How to reach the AKS cluster @{ cluster }@ of this environment."
  value = {
    name         = module.@{ cluster }@.name
    fqdn         = module.@{ cluster }@.fqdn
    endpoint     = module.@{ cluster }@.endpoint
    name_servers = module.@{ cluster }@.name_servers
  }
}
