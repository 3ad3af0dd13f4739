# What is refused, and that what is given as an example is not. No provider: `terraform test` in
# modules/eks/settings.

variables {
  environment = "ops"
  given       = {}
  settings = {
    name_prefix        = "gc0"
    base_domain        = "acme.example.com"
    region             = "eu-west-1"
    availability_zones = ["eu-west-1a", "eu-west-1b"]
    kubernetes_version = "1.35"
    node_pools         = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
  }
}

run "defaults_are_filled_in" {
  assert {
    condition     = output.settings.network.nat_gateways == "per_zone" && output.settings.node_pools.default.disk_type == "gp3"
    error_message = "Defaults are missing."
  }
}

run "unknown_attributes_are_named" {
  command = plan

  variables {
    given = {
      name_prefx = "gc0"
      network    = { nat_gateway = "single" }
      node_pools = { default = { min = 1 } }
    }
  }

  expect_failures = [output.settings]
}

run "overlapping_networks_are_named" {
  command = plan

  variables {
    settings = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "eu-west-1"
      availability_zones = ["eu-west-1a", "eu-west-1b"]
      kubernetes_version = "1.35"
      network            = { vpc_cidr = "10.1.0.0/16", peer_cidrs = ["10.1.128.0/20"] }
      node_pools         = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
    }
  }

  expect_failures = [output.settings]
}

run "peers_may_meet_each_other" {
  command = plan

  variables {
    settings = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "eu-west-1"
      availability_zones = ["eu-west-1a", "eu-west-1b"]
      kubernetes_version = "1.35"
      network            = { vpc_cidr = "10.1.0.0/16", peer_cidrs = ["10.2.0.0/16", "10.2.128.0/20", "10.0.0.0/16"] }
      node_pools         = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
    }
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    settings = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "eu-west-1"
      availability_zones = ["eu-west-1a"]
      kubernetes_version = "1.35"
      node_pools         = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
    }
  }

  expect_failures = [var.settings]
}

run "a_vpc_without_subnets_is_refused" {
  command = plan

  variables {
    settings = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "eu-west-1"
      kubernetes_version = "1.35"
      network            = { vpc_id = "vpc-1" }
      node_pools         = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
    }
  }

  expect_failures = [var.settings]
}

run "the_whole_internet_is_refused" {
  command = plan

  variables {
    settings = {
      name_prefix         = "gc0"
      base_domain         = "acme.example.com"
      region              = "eu-west-1"
      availability_zones  = ["eu-west-1a", "eu-west-1b"]
      kubernetes_version  = "1.35"
      public_access_cidrs = ["0.0.0.0/0"]
      node_pools          = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
    }
  }

  expect_failures = [var.settings]
}

run "halves_of_the_internet_are_refused" {
  command = plan

  variables {
    settings = {
      name_prefix         = "gc0"
      base_domain         = "acme.example.com"
      region              = "eu-west-1"
      availability_zones  = ["eu-west-1a", "eu-west-1b"]
      kubernetes_version  = "1.35"
      public_access_cidrs = ["0.0.0.0/1", "128.0.0.0/1"]
      node_pools          = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
    }
  }

  expect_failures = [var.settings]
}

run "the_whole_internet_of_ipv6_is_refused" {
  command = plan

  variables {
    settings = {
      name_prefix         = "gc0"
      base_domain         = "acme.example.com"
      region              = "eu-west-1"
      availability_zones  = ["eu-west-1a", "eu-west-1b"]
      kubernetes_version  = "1.35"
      public_access_cidrs = ["::/0"]
      node_pools          = { default = { instance_types = ["m7i.large"], min_size = 1, max_size = 3 } }
    }
  }

  expect_failures = [var.settings]
}

run "sizes_the_wrong_way_round_are_refused" {
  command = plan

  variables {
    settings = {
      name_prefix        = "gc0"
      base_domain        = "acme.example.com"
      region             = "eu-west-1"
      availability_zones = ["eu-west-1a", "eu-west-1b"]
      kubernetes_version = "1.35"
      node_pools         = { default = { instance_types = ["m7i.large"], min_size = 3, max_size = 1 } }
    }
  }

  expect_failures = [var.settings]
}
