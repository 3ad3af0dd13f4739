# A module whose configurations have a type, as those of the clusters have.

variable "configuration" {
  type = map(object({
    unset       = optional(list(string), [])
    append      = optional(list(string), [])
    region      = optional(string)
    maintenance = optional(object({ day = optional(string), hour = optional(number) }))
    node_pools = optional(map(object({
      min_size = optional(number)
      max_size = optional(number)
      labels   = optional(map(string))
      zones    = optional(list(string))
    })))
  }))
  default = {
    apps = {
      region      = "one"
      maintenance = { day = "monday", hour = 3 }
      node_pools = {
        default = { min_size = 3, max_size = 9, labels = { a = "base", b = "base" }, zones = ["a"] }
        spot    = { min_size = 1 }
      }
    }
    ops = {
      unset      = ["node_pools.spot", "maintenance.day", "region"]
      append     = ["node_pools.default.zones"]
      node_pools = { default = { min_size = 0, labels = { b = "own" }, zones = ["b"] } }
    }
  }
}

module "configuration" {
  source = "../.."

  configuration = var.configuration
  base_key      = "apps"
  environment   = "ops"
}

output "current" {
  value = module.configuration.current
}
