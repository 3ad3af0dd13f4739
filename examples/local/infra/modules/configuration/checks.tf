# What is wrong with the configurations as a whole, in words.

locals {
  circles = [
    for name, line in local.line_16 : concat(distinct(line), [name]) if length([for one in line : one if one == name]) > 1
  ]

  problems_of_parents = concat(
    [for heir in keys(var.parents) : "\"${heir}\" has a parent, but is not configured." if !contains(local.names, heir)],
    [for heir, parent in var.parents : "\"${heir}\" inherits from \"${parent}\", which is not configured." if !contains(local.names, parent)],
    [for heir in keys(var.parents) : "\"${heir}\" is the base and inherits from nobody." if heir == var.base_key],
    [for circle in slice(local.circles, 0, min(1, length(local.circles))) : "Environments inherit in a circle: ${join(" → ", circle)}."],
    [
      for name, line in local.line_16 : "\"${name}\" has more than 15 environments before it: ${join(" → ", line)} → …"
      if length(distinct(line)) == 16 && try(local.parent[line[15]], "") != ""
    ],
  )

  inherited = flatten([for nodes in local.levels : [for node in nodes : jsonencode([node.environment, node.path]) if node.inherits]])
  own_lists = flatten([for nodes in local.levels : [for node in nodes : jsonencode([node.environment, node.path]) if node.own_list]])
  problems_of_instructions = concat(
    flatten([
      for name, paths in local.unset : [
        for path in paths : "\"${name}\" unsets \"${path}\", which it does not inherit. Take it out of `unset`."
        if !contains(local.inherited, jsonencode([name, path]))
      ]
    ]),
    flatten([
      for name, paths in local.append : [
        for path in paths : "\"${name}\" appends to \"${path}\", but has no list there. Write one, or take it out of `append`."
        if !contains(local.own_lists, jsonencode([name, path]))
      ]
    ]),
  )

  too_deep = distinct([for node in module.level_12.children : join(".", slice(node.path, 0, 12))])
  missing  = [for key in var.required : key if try(local.merged[var.environment][key], null) == null]
}
