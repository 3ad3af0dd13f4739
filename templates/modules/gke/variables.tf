variable "configuration" {
  description = "The cluster by environment. What an environment leaves out, it inherits; ./settings documents every attribute."
  type        = any
  nullable    = false
}

variable "configuration_base_key" {
  description = "The environment that the others inherit from."
  type        = string
  nullable    = false
}
