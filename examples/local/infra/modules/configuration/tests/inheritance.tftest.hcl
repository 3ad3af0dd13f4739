# Run me with: terraform init && terraform test

variables {
  base_key    = "apps"
  environment = "ops"
}

run "absent_and_null_are_inherited" {
  variables {
    configuration = {
      apps = { a = "base", b = 1, c = true, d = { e = [1] } }
      ops  = { b = null, d = { e = null } }
    }
  }
  assert {
    condition     = jsonencode(output.current) == jsonencode({ a = "base", b = 1, c = true, d = { e = [1] } })
    error_message = jsonencode(output.current)
  }
}

run "empty_values_override_and_keep_their_types" {
  variables {
    configuration = {
      apps = { text = "base", number = 1, flag = true, list = ["base"], object = { a = 1 } }
      ops  = { text = "", number = 0, flag = false, list = [], object = {} }
    }
  }
  assert {
    condition     = jsonencode(output.current) == jsonencode({ text = "", number = 0, flag = false, list = [], object = { a = 1 } })
    error_message = jsonencode(output.current)
  }
}

run "objects_are_merged_at_every_level" {
  variables {
    configuration = {
      apps = { a = { b = { c = { d = { e = 1, f = 2 } } } } }
      ops  = { a = { b = { c = { d = { f = 3 }, g = 4 } } } }
    }
  }
  assert {
    condition     = jsonencode(output.current) == jsonencode({ a = { b = { c = { d = { e = 1, f = 3 }, g = 4 } } } })
    error_message = jsonencode(output.current)
  }
}

run "another_kind_of_value_replaces_what_is_inherited" {
  variables {
    configuration = {
      apps = { list = [1, 2], object = { a = 1 }, text = "base" }
      ops  = { list = [3], object = "none", text = { a = 1 } }
    }
  }
  assert {
    condition     = jsonencode(output.current) == jsonencode({ list = [3], object = "none", text = { a = 1 } })
    error_message = jsonencode(output.current)
  }
}

run "a_line_of_environments" {
  variables {
    parents = { ops = "staging" }
    configuration = {
      apps    = { region = "one", size = 9, labels = { team = "a" } }
      staging = { size = 3, labels = { stage = "yes" } }
      ops     = { size = 1 }
    }
  }
  assert {
    condition     = jsonencode(output.current) == jsonencode({ region = "one", size = 1, labels = { stage = "yes", team = "a" } })
    error_message = jsonencode(output.current)
  }
  assert {
    condition     = output.merged.staging.size == 3 && output.merged.apps.labels == { team = "a" }
    error_message = jsonencode(output.merged)
  }
}

run "unset_takes_away_what_is_inherited_and_leaves_what_is_said" {
  variables {
    parents = { ops = "staging" }
    configuration = {
      apps    = { a = 1, b = { c = 1, d = 2 }, labels = { "example.com/x" = "y", z = "z" } }
      staging = { unset = ["b"], b = { e = 3 } }
      ops     = { unset = ["a", "labels.example.com/x"] }
    }
  }
  assert {
    condition     = jsonencode(output.current) == jsonencode({ b = { e = 3 }, labels = { z = "z" } })
    error_message = jsonencode(output.current)
  }
}

run "append_adds_to_lists" {
  variables {
    parents = { ops = "staging" }
    configuration = {
      apps    = { zones = ["a"], other = ["a"] }
      staging = { zones = ["b"], append = ["zones"] }
      ops     = { zones = ["c"], other = ["c"], append = ["zones"] }
    }
  }
  assert {
    condition     = jsonencode(output.current) == jsonencode({ other = ["c"], zones = ["a", "b", "c"] })
    error_message = jsonencode(output.current)
  }
}

run "append_merges_what_has_the_same_name" {
  variables {
    configuration = {
      apps = { taints = [{ name = "gpu", effect = "NoSchedule" }, { name = "old", effect = "NoExecute" }] }
      ops  = { taints = [{ name = "spot" }, { name = "gpu", value = "yes" }], append = ["taints"], unset = ["taints.old"] }
    }
  }
  assert {
    condition     = jsonencode(output.current.taints) == jsonencode([{ effect = "NoSchedule", name = "gpu", value = "yes" }, { name = "spot" }])
    error_message = jsonencode(output.current)
  }
}

run "typed_configurations" {
  module {
    source = "./tests/typed"
  }
  assert {
    condition     = keys(output.current.node_pools) == ["default"]
    error_message = "A key of a map that is unset goes away: ${jsonencode(output.current)}"
  }
  assert {
    condition     = output.current.region == null && try(output.current.maintenance.day, null) == null && output.current.maintenance.hour == 3
    error_message = "An attribute that is unset stays and is null: ${jsonencode(output.current)}"
  }
  assert {
    condition = jsonencode(output.current.node_pools.default) == jsonencode({
      labels = { a = "base", b = "own" }, max_size = 9, min_size = 0, zones = ["a", "b"]
    })
    error_message = jsonencode(output.current)
  }
}

run "unknown_base_is_refused" {
  command = plan
  variables {
    base_key      = "prod"
    configuration = { apps = {}, ops = {} }
  }
  expect_failures = [output.merged]
}

run "unknown_environment_is_refused" {
  command = plan
  variables {
    environment   = "default"
    configuration = { apps = {}, ops = {} }
  }
  expect_failures = [output.current]
}

run "missing_attribute_is_refused" {
  command = plan
  variables {
    required      = ["region"]
    configuration = { apps = { region = null }, ops = {} }
  }
  expect_failures = [output.current]
}

run "unknown_parent_is_refused" {
  command = plan
  variables {
    parents       = { ops = "stagign" }
    configuration = { apps = {}, staging = {}, ops = {} }
  }
  expect_failures = [output.merged]
}

run "unknown_heir_is_refused" {
  command = plan
  variables {
    parents       = { osp = "staging" }
    configuration = { apps = {}, staging = {}, ops = {} }
  }
  expect_failures = [output.merged]
}

run "circle_is_refused" {
  command = plan
  variables {
    parents       = { ops = "staging", staging = "ops" }
    configuration = { apps = {}, staging = {}, ops = {} }
  }
  expect_failures = [output.merged]
}

run "base_with_a_parent_is_refused" {
  command = plan
  variables {
    parents       = { apps = "ops" }
    configuration = { apps = {}, ops = {} }
  }
  expect_failures = [output.merged]
}

run "line_of_seventeen_is_refused" {
  command = plan
  variables {
    parents       = { for number in range(1, 16) : "e${number}" => "e${number - 1}" }
    configuration = merge({ apps = {}, ops = {} }, { for number in range(16) : "e${number}" => {} })
  }
  expect_failures = [output.merged]
}

run "line_of_sixteen_is_merged" {
  variables {
    environment   = "e14"
    parents       = { for number in range(1, 15) : "e${number}" => "e${number - 1}" }
    configuration = merge({ apps = { a = 1 } }, { for number in range(15) : "e${number}" => {} })
  }
  assert {
    condition     = output.current.a == 1
    error_message = jsonencode(output.current)
  }
}

run "thirteen_keys_are_refused" {
  command = plan
  variables {
    configuration = {
      apps = { a = { b = { c = { d = { e = { f = { g = { h = { i = { j = { k = { l = { m = 1 } } } } } } } } } } } } }
      ops  = {}
    }
  }
  expect_failures = [output.merged]
}

run "twelve_keys_are_merged" {
  variables {
    configuration = {
      apps = { a = { b = { c = { d = { e = { f = { g = { h = { i = { j = { k = { l = 1, m = 2 } } } } } } } } } } } }
      ops  = { a = { b = { c = { d = { e = { f = { g = { h = { i = { j = { k = { l = 3 } } } } } } } } } } } }
    }
  }
  assert {
    condition     = jsonencode(output.current.a.b.c.d.e.f.g.h.i.j.k) == jsonencode({ l = 3, m = 2 })
    error_message = jsonencode(output.current)
  }
}

run "unset_without_effect_is_refused" {
  command = plan
  variables {
    configuration = { apps = { a = 1 }, ops = { unset = ["b"] } }
  }
  expect_failures = [output.merged]
}

run "append_adds_to_a_list_with_a_name_of_null" {
  variables {
    configuration = {
      apps = { taints = [{ name = null, effect = "NoExecute" }] }
      ops  = { taints = [{ name = "gpu" }], append = ["taints"] }
    }
  }
  assert {
    condition     = jsonencode(output.current.taints) == jsonencode([{ effect = "NoExecute", name = null }, { name = "gpu" }])
    error_message = jsonencode(output.current)
  }
}

run "append_without_a_list_is_refused" {
  command = plan
  variables {
    configuration = { apps = { a = [1] }, ops = { append = ["a"] } }
  }
  expect_failures = [output.merged]
}
