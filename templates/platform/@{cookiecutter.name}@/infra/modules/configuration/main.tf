# Inheritance between environments.
#
# One environment is the base and complete; every other one starts from it and states what differs:
#
#   - an attribute that is absent or null is inherited
#   - two objects (or maps) are merged, attribute by attribute, one level deep
#   - anything else replaces the inherited value: lists, objects further down, and also "", 0, false and []
#
# An inherited attribute cannot be removed. Values keep their types.

locals {
  base = try(var.configuration[var.base_key], {})

  merged = {
    for environment, own in var.configuration : environment => {
      for key in setunion(keys(local.base), keys(own)) : key => try(
        # Fails unless both sides are objects or maps.
        {
          for name in setunion(keys(local.base[key]), keys(own[key])) : name => try(
            [for value in [try(own[key][name], null), local.base[key][name]] : value if value != null][0],
            own[key][name],
          )
        },
        [for value in [try(own[key], null), try(local.base[key], null)] : value if value != null][0],
        null,
      )
    }
  }

  missing = [for key in var.required : key if try(local.merged[var.environment][key], null) == null]
}
