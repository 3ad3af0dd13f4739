output "merged" {
  description = "Every environment's configuration with what it inherits, by the environment's name."
  value       = local.merged

  precondition {
    condition     = contains(keys(var.configuration), var.base_key)
    error_message = "The base \"${var.base_key}\" is not configured. Configured: ${join(", ", keys(var.configuration))}."
  }
}

output "current" {
  description = "The configuration of the environment asked for, with what it inherits."
  value       = try(local.merged[var.environment], null)

  precondition {
    condition     = contains(keys(var.configuration), var.environment)
    error_message = "The workspace \"${var.environment}\" is no environment of this platform. Choose one: terraform workspace select -or-create NAME, where NAME is one of: ${join(", ", keys(var.configuration))}."
  }

  precondition {
    condition     = !contains(keys(var.configuration), var.environment) || length(local.missing) == 0
    error_message = "The environment \"${var.environment}\" has no value for: ${join(", ", local.missing)}. Set it there, or in \"${var.base_key}\" for all environments."
  }
}
