@% set cluster = cookiecutter.cluster %@
@% set options = cookiecutter.options %@
@% set environments = cookiecutter.environments %@
@% set base = environments[-1] %@
@% set parents = cookiecutter.get('parents') or {} %@
# The GKE cluster @{ cluster }@ of each environment. @{ base }@ describes it in full; the others state only what
# differs. @{ 'The variable `environment`' if cookiecutter.environment else 'The Terraform workspace' }@ chooses the environment. modules/gke/settings documents every attribute.

provider "google" {
  alias   = "@{ cluster }@"
  project = "@{ options.answers.project_id }@"
  region  = "@{ options.region }@"
}

module "@{ cluster }@" {
  source = "./modules/gke"

  providers = {
    google = google.@{ cluster }@
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
      project_id         = "@{ options.answers.project_id }@"
      region             = "@{ options.region }@"
      availability_zones = @{ options.zones | list | tojson }@
      kubernetes_version = "@{ options.kubernetes_version }@"

      node_pools = {
        default = { machine_type = "@{ options.node_type }@", min_size = @{ options.min_size }@, max_size = @{ options.max_size }@ }
      }
    }
@% for environment in environments[1:-1] | reverse %@

    # Like @{ parents.get(environment, base) }@ in everything.
    @{ environment }@ = {}
@% endfor %@

    # Proves every change and serves nobody: the same pools at their smallest.
    @{ environments[0] }@ = {
      node_pools = {
        default = { min_size = 1, max_size = @{ [2, options.max_size] | min }@ }
      }
    }
  }
}

output "@{ cluster }@" {
  description = "How to reach the GKE cluster @{ cluster }@ of this environment."
  value = {
    name         = module.@{ cluster }@.name
    fqdn         = module.@{ cluster }@.fqdn
    endpoint     = module.@{ cluster }@.endpoint
    dns_endpoint = module.@{ cluster }@.dns_endpoint
    name_servers = module.@{ cluster }@.name_servers
  }
}
