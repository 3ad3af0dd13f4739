variable "configuration" {
  description = "What is configured for each environment, by the environment's name. `unset` and `append` in it are instructions."
  type        = any
  nullable    = false
}

variable "base_key" {
  description = "The environment that all others inherit from in the end."
  type        = string
  nullable    = false
}

variable "parents" {
  description = "The environment that another one inherits from, by the heir's name; the base where nothing is said."
  type        = map(string)
  default     = {}
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
