variable "configuration" {
  description = "The cluster by environment. What an environment leaves out, it inherits from the base. settings/variables.tf lists the attributes."
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

variable "environment" {
  description = "Which environment this is. Left out, the Terraform workspace says it."
  type        = string
  default     = null
}
