terraform {
  required_version = ">= 1.6, < 2"

  # State on this machine's disk, one file per workspace: enough to try the platform alone.
  #
  # Before a second person or CI applies, move it to a backend that all of them reach and that locks: replace
  # the block, for example by
  #
  #   backend "s3" {
  #     bucket       = "acme-terraform-state"
  #     key          = "infra/terraform.tfstate"
  #     region       = "eu-west-1"
  #     encrypt      = true
  #     use_lockfile = true # from 1.10 on
  #   }
  #
  # and run `terraform init -migrate-state` once: it copies the state of every workspace.
  backend "local" {
    path          = "../.state/infra/terraform.tfstate"
    workspace_dir = "../.state/infra"
  }
}
