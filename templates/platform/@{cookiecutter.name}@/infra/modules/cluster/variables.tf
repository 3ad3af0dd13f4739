variable "configuration" {
  description = "Clusters by environment. What an environment leaves out, it inherits from the base."
  type = map(object({
    name_prefix        = optional(string)
    base_domain        = optional(string)
    region             = optional(string)
    kubernetes_version = optional(string)
    node_pools = optional(map(object({
      instance_type = string
      min_size      = number
      max_size      = number
    })))
  }))
  nullable = false

  validation {
    condition = alltrue(flatten([
      for environment in var.configuration : [
        for pool in coalesce(environment.node_pools, {}) :
        pool.min_size >= 0 && pool.min_size <= pool.max_size && floor(pool.min_size) == pool.min_size
      ]
    ]))
    error_message = "In every node pool, min_size must be a whole number from 0 to max_size."
  }

  validation {
    condition = alltrue([
      for environment in var.configuration :
      environment.kubernetes_version == null || can(regex("^1\\.[0-9]+$", environment.kubernetes_version))
    ])
    error_message = "Write kubernetes_version as a minor version, such as \"1.32\"."
  }
}

variable "configuration_base_key" {
  description = "The environment that the others inherit from."
  type        = string
  nullable    = false
}
