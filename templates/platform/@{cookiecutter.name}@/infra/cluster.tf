# The cluster of each environment. @{ cookiecutter.__last }@ describes it in full; the others state only what differs.
# The Terraform workspace chooses the environment.

module "cluster" {
  source = "./modules/cluster"

  configuration_base_key = "@{ cookiecutter.__last }@"

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
        system  = { instance_type = "small", min_size = 1, max_size = 1 }
        default = { instance_type = "large", min_size = 1, max_size = 2 }
      }
    }
  }
}
