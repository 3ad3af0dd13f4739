variable "releases" {
  description = "Helm releases by name. `step` says when: crds, service or webhooks."
  type = map(object({
    step       = string
    repository = string
    chart      = string
    version    = string
    namespace  = string
    skip_crds  = optional(bool, false)
  }))
  nullable = false

  validation {
    condition     = alltrue([for release in var.releases : contains(["crds", "service", "webhooks"], release.step)])
    error_message = "The step of a release is one of: crds, service, webhooks."
  }

  validation {
    condition     = alltrue([for release in var.releases : can(regex("^v?[0-9]+\\.[0-9]+\\.[0-9]+", release.version))])
    error_message = "Write the version of a chart in full, such as 1.2.3."
  }
}

variable "configuration" {
  description = "Values of the charts for each environment, by the environment's name and the release's."
  type        = any
  nullable    = false
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

variable "timeout" {
  description = "How many seconds a release may take until all of it is ready."
  type        = number
  default     = 600
  nullable    = false
}

variable "environment" {
  description = "Which environment this is. Left out, the Terraform workspace says it."
  type        = string
  default     = null
}
