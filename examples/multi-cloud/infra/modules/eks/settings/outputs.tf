output "settings" {
  description = "The settings, complete with their defaults."
  value       = var.settings

  precondition {
    condition     = length(local.unknown) == 0
    error_message = "The environment \"${var.environment}\" has attributes that nobody knows: ${join(", ", local.unknown)}. modules/eks/settings/variables.tf lists those that there are."
  }

  precondition {
    condition     = length(local.overlaps) == 0
    error_message = "In the environment \"${var.environment}\" networks overlap: ${join("; ", local.overlaps)}."
  }
}
