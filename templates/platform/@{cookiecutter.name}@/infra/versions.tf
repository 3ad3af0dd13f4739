terraform {
  required_version = ">= 1.6, < 2"

  # State on this machine's disk, one file per workspace: enough to try the platform alone.
  #
  # Before a second person or CI applies, move it to a backend that all of them reach and that locks.
  # Replace the block, for example by
  #
  #   backend "s3" {
  #     bucket       = "@{ cookiecutter.name }@-terraform-state"
  #     key          = "infra/terraform.tfstate"
  #     region       = "eu-west-1"
  #     use_lockfile = true # from Terraform 1.10 on; before, name a dynamodb_table
  #   }
  #
  # and run `terraform init -migrate-state` once: it copies the state of every workspace.
  backend "local" {
    path          = "../.state/infra/terraform.tfstate"
    workspace_dir = "../.state/infra"
  }
}
