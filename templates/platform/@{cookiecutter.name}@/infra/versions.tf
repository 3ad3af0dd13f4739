terraform {
@% if cookiecutter.backend == 's3' %@
  required_version = ">= 1.10, < 2" # the first one with a lock file in S3
@% else %@
  required_version = ">= 1.6, < 2"
@% endif %@

@% if cookiecutter.backend == 'local' %@
  # State on this machine's disk, one file per workspace: enough to try the platform alone.
  #
  # Before a second person or CI applies, move it to a backend that all of them reach and that locks: replace
  # the block, for example by
  #
  #   backend "s3" {
  #     bucket       = "@{ cookiecutter.name }@-terraform-state"
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
@% elif cookiecutter.backend == 's3' %@
  # `kubestack bootstrap-state` makes the bucket. Its name is unique in the world: change it if it is taken.
  # A workspace's state is at env:/<workspace>/<key>, its lock in a file beside it.
  backend "s3" {
    bucket       = "@{ cookiecutter.name }@-terraform-state"
    key          = "infra/terraform.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    use_lockfile = true
  }
@% elif cookiecutter.backend == 'gcs' %@
  # README.md says how to make the bucket. Its name is unique in the world: change it if it is taken.
  # A workspace's state is at <prefix>/<workspace>.tfstate, its lock in a file beside it.
  backend "gcs" {
    bucket = "@{ cookiecutter.name }@-terraform-state"
    prefix = "infra"
  }
@% elif cookiecutter.backend == 'azurerm' %@
  # README.md says how to make the storage account. Its name, 3 to 24 lower-case letters and digits, is unique
  # in the world: change it if it is taken. A workspace's state is a blob, and locked by a lease of it.
  backend "azurerm" {
    resource_group_name  = "@{ cookiecutter.name }@-terraform-state"
    storage_account_name = "@{ cookiecutter.name.replace('-', '')[:17] }@tfstate"
    container_name       = "tfstate"
    key                  = "infra.tfstate"
    use_azuread_auth     = true
  }
@% elif cookiecutter.backend == 'pg' %@
  # PG_CONN_STR says which database, with the password: nothing of it is written here.
  # A workspace is a row, its lock an advisory lock, which PostgreSQL frees when the connection ends.
  backend "pg" {
    schema_name = "@{ cookiecutter.name.replace('-', '_') }@_infra"
  }
@% elif cookiecutter.backend == 'kubernetes' %@
  # KUBE_CONFIG_PATH says which cluster: one that this platform does not manage. A workspace's state is the Secret
  # tfstate-<workspace>-<suffix> of at most 1 MiB, its lock a Lease. README.md says how to make the namespace.
  backend "kubernetes" {
    namespace     = "terraform-state"
    secret_suffix = "@{ cookiecutter.name }@-infra"
  }
@% elif cookiecutter.backend == 'http' %@
  # `state` in kubestack.yaml says where: this backend knows no workspaces, so each environment has an address of
  # its own, which kubestack gives to Terraform. TF_HTTP_USERNAME and TF_HTTP_PASSWORD say who may read it. Nothing
  # of that belongs here: it would be the same for all environments, and in every plan.
  backend "http" {}
@% endif %@
}
