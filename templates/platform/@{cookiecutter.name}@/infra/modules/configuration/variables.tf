variable "configuration" {
  description = "What is configured for each environment, by the environment's name."
  type        = any
  nullable    = false
}

variable "base_key" {
  description = "The environment that the others inherit from."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "The environment to give out as `current`."
  type        = string
  nullable    = false
}

variable "required" {
  description = "Attributes that every environment must have, its own or inherited."
  type        = set(string)
  default     = []
  nullable    = false
}
