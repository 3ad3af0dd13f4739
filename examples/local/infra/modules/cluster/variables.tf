variable "configuration" {
  description = "Clusters by environment. What an environment leaves out, it inherits; `unset` and `append` hold paths, see ../configuration."
  type = map(object({
    unset              = optional(list(string), [])
    append             = optional(list(string), [])
    name_prefix        = optional(string)
    base_domain        = optional(string)
    region             = optional(string)
    kubernetes_version = optional(string)
    node_pools = optional(map(object({
      instance_type = optional(string)
      min_size      = optional(number)
      max_size      = optional(number)
    })))
  }))
  nullable = false

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

variable "configuration_parents" {
  description = "The environment that another one inherits from, by the heir's name; the base where nothing is said."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "environment" {
  description = "Which environment this is. Left out, the Terraform workspace says it."
  type        = string
  default     = null
}
