# The AKS cluster aks_gc0_westeurope of each environment. apps describes it in full; the others state only what
# differs. The Terraform workspace chooses the environment. modules/aks/settings documents every attribute.

# The subscription is named by ARM_SUBSCRIPTION_ID.
provider "azurerm" {
  alias = "aks_gc0_westeurope"
  features {}
}

module "aks_gc0_westeurope" {
  source = "./modules/aks"

  providers = {
    azurerm = azurerm.aks_gc0_westeurope
  }

  configuration_base_key = "apps"

  configuration = {
    # Runs everything people depend on.
    apps = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "westeurope"
      availability_zones = ["1", "2", "3"]
      kubernetes_version = "1.36"

      node_pools = {
        default = { vm_size = "Standard_D4ds_v5", min_size = 3, max_size = 9 }
      }
    }

    # Proves every change and serves nobody: the same pools at their smallest.
    ops = {
      system_pool = { min_size = 1 }

      node_pools = {
        default = { min_size = 1, max_size = 2 }
      }
    }
  }
}

output "aks_gc0_westeurope" {
  description = "How to reach the AKS cluster aks_gc0_westeurope of this environment."
  value = {
    name         = module.aks_gc0_westeurope.name
    fqdn         = module.aks_gc0_westeurope.fqdn
    endpoint     = module.aks_gc0_westeurope.endpoint
    name_servers = module.aks_gc0_westeurope.name_servers
  }
}
