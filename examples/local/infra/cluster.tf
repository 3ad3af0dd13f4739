# The cluster of each environment. apps describes it in full; the others state only what differs
# (modules/configuration/README.md has the rules). The Terraform workspace chooses the environment.

module "cluster" {
  source = "./modules/cluster"

  configuration_base_key = "apps"

  configuration = {
    # Runs everything people depend on.
    apps = {
      name_prefix        = "acme"
      base_domain        = "acme.example.com"
      region             = "local"
      kubernetes_version = "1.32"

      node_pools = {
        system  = { instance_type = "small", min_size = 2, max_size = 3 }
        default = { instance_type = "large", min_size = 3, max_size = 9 }
      }
    }

    # Proves every change and serves nobody: the same pools, at their smallest.
    ops = {
      node_pools = {
        system  = { min_size = 1, max_size = 1 }
        default = { min_size = 1, max_size = 2 }
      }
    }
  }
}
