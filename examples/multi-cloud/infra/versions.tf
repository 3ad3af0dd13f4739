terraform {
  required_version = ">= 1.6, < 2"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.55"
    }
  }

  # README.md says how to make the bucket. Its name is unique in the world: change it if it is taken.
  # A workspace's state is at <prefix>/<workspace>.tfstate, its lock in a file beside it.
  backend "gcs" {
    bucket = "acme-terraform-state"
    prefix = "infra"
  }
}
