terraform {
  required_version = ">= 1.10, < 2" # the first one with a lock file in S3

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # `kubestack bootstrap-state` makes the bucket. Its name is unique in the world: change it if it is taken.
  # A workspace's state is at env:/<workspace>/<key>, its lock in a file beside it.
  backend "s3" {
    bucket       = "acme-terraform-state"
    key          = "infra/terraform.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
}
