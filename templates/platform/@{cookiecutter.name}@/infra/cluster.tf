# The cluster of each environment. @{ cookiecutter.__last }@ describes it in full; the others state only what differs
# (modules/configuration/README.md has the rules). @{ 'The variable `environment`' if cookiecutter.backend == 'http' else 'The Terraform workspace' }@ chooses the environment.

module "cluster" {
  source = "./modules/cluster"
@% if cookiecutter.backend == 'http' %@

  environment = var.environment
@% endif %@

  configuration_base_key = "@{ cookiecutter.__last }@"
@% set heirs = cookiecutter.environments.split(',')[:-2] %@
@% if heirs %@

  # Who inherits from whom, where it is not the base.
  configuration_parents = {
@% for environment in heirs %@
    @{ environment.ljust(heirs | map('length') | max) }@ = "@{ cookiecutter.environments.split(',')[loop.index] }@"
@% endfor %@
  }
@% endif %@

  configuration = {
    # Runs everything people depend on.
    @{ cookiecutter.__last }@ = {
      name_prefix        = "@{ cookiecutter.name }@"
      base_domain        = "@{ cookiecutter.domain }@"
      region             = "local"
      kubernetes_version = "1.32"

      node_pools = {
        system  = { instance_type = "small", min_size = 2, max_size = 3 }
        default = { instance_type = "large", min_size = 3, max_size = 9 }
      }
    }
@% for environment in cookiecutter.environments.split(',')[1:-1] %@

    # Like @{ cookiecutter.__last }@ in everything.
    @{ environment }@ = {}
@% endfor %@

    # Proves every change and serves nobody: the same pools, at their smallest.
    @{ cookiecutter.__first }@ = {
      node_pools = {
        system  = { min_size = 1, max_size = 1 }
        default = { min_size = 1, max_size = 2 }
      }
    }
  }
}
