variable "environment" {
  description = "Which environment this is; kubestack sets it together with the address of its state. By hand: TF_VAR_environment."
  type        = string
  nullable    = false
}
