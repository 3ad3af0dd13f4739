# Names: `terraform test` in modules/metadata.

variables {
  name_prefix = "gc0"
  environment = "ops"
  region      = "eu-west-1"
  base_domain = "acme.example.com"
  cloud       = "aws"
}

run "names_follow_the_convention" {
  assert {
    condition     = output.name == "gc0-ops-eu-west-1" && output.fqdn == "gc0-ops-eu-west-1.aws.acme.example.com"
    error_message = "Not as expected: ${output.name}, ${output.fqdn}."
  }

  assert {
    condition     = output.labels["kubestack.com/cluster_workspace"] == "ops" && contains(output.tag_list, "aws")
    error_message = "Labels or tags are missing."
  }
}

run "a_name_is_never_cut" {
  command = plan

  variables {
    longest_name = 16
  }

  expect_failures = [output.name]
}

run "a_long_domain_is_refused" {
  command = plan

  variables {
    base_domain = join(".", [join("", [for _ in range(60) : "a"]), join("", [for _ in range(60) : "a"]), join("", [for _ in range(60) : "a"]), join("", [for _ in range(40) : "a"]), "example.com"])
  }

  expect_failures = [output.fqdn]
}

run "capitals_are_refused" {
  command = plan

  variables {
    name_prefix = "Gc0"
  }

  expect_failures = [var.name_prefix]
}
