output "settings" {
  description = "The settings, complete with their defaults."
  value       = var.settings

  precondition {
    condition     = length(local.unknown) == 0
    error_message = "The environment \"${var.environment}\" has attributes that nobody knows: ${join(", ", local.unknown)}. modules/aks/settings/variables.tf lists those that there are."
  }

  precondition {
    condition     = length(local.overlaps) == 0
    error_message = "In the environment \"${var.environment}\" networks overlap: ${join("; ", local.overlaps)}."
  }

  precondition {
    condition     = !local.nodes_outside
    error_message = "In the environment \"${var.environment}\" network.nodes_cidr ${var.settings.network.nodes_cidr} is no part of network.address_space ${var.settings.network.address_space}."
  }
}
