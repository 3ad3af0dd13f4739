output "merged" {
  description = "Every environment's configuration with what it inherits, by the environment's name."
  value       = local.merged

  precondition {
    condition     = contains(local.names, var.base_key)
    error_message = "The base \"${var.base_key}\" is not configured. Configured: ${join(", ", local.names)}."
  }

  precondition {
    condition     = length(local.problems_of_parents) == 0
    error_message = "${join("\n", local.problems_of_parents)}\nSet `parents` so that everybody inherits from \"${var.base_key}\" in the end. Configured: ${join(", ", local.names)}."
  }

  precondition {
    condition     = length(local.problems_of_instructions) == 0
    error_message = join("\n", concat(local.problems_of_instructions, ["A path is written as keys with dots between them."]))
  }

  precondition {
    condition     = length(local.too_deep) == 0
    error_message = "Configurations may be 12 keys deep. Deeper is what stands at: ${join(", ", local.too_deep)}. Give it as text, such as with jsonencode, or add levels to this module."
  }
}

output "current" {
  description = "The configuration of the environment asked for, with what it inherits."
  value       = try(local.merged[var.environment], null)

  precondition {
    condition     = contains(local.names, var.environment)
    error_message = "\"${var.environment}\" is no environment of this platform; those are: ${join(", ", local.names)}. Choose one by its workspace, terraform workspace select -or-create NAME, or where the backend has none, by TF_VAR_environment."
  }

  precondition {
    condition     = !contains(local.names, var.environment) || length(local.missing) == 0
    error_message = "The environment \"${var.environment}\" has no value for: ${join(", ", local.missing)}. Set it there, or in \"${var.base_key}\" for all environments."
  }
}
