variable "name_prefix" {
  description = "Begins the name of the cluster, such as gc0. Two clusters of one region differ in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.name_prefix))
    error_message = "name_prefix \"${var.name_prefix}\" has to be of lower-case letters, digits and dashes, begin with a letter and not end in a dash."
  }
}

variable "environment" {
  description = "The environment that the cluster belongs to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.environment))
    error_message = "The environment \"${var.environment}\" has to be of lower-case letters, digits and dashes, and not end in a dash: it is part of every name."
  }
}

variable "region" {
  description = "The region as the cloud calls it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.region))
    error_message = "The region \"${var.region}\" has to be written as the cloud's interface calls it, such as eu-west-1 or westeurope."
  }
}

variable "base_domain" {
  description = "Domain below which every cluster has a domain of its own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.base_domain))
    error_message = "base_domain \"${var.base_domain}\" has to be a lower-case domain name of at least two parts, such as platform.example.com."
  }
}

variable "cloud" {
  description = "The cloud, as it stands in domain names: aws, azure, gcp."
  type        = string
  nullable    = false
}

variable "longest_name" {
  description = "The most characters that the cloud takes for a name, less what is added to it. 63 is the longest label of a domain name."
  type        = number
  default     = 63
  nullable    = false
}

variable "tags" {
  description = "More tags for everything that can carry tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
