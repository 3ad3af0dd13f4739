# One level of the configurations: what counts at each node, and the nodes below it.

variable "nodes" {
  description = "By an id: the `line` of environments, the `path` as a list of keys, and the `values` there, the nearest first; `at` is the place in the line."
  type        = any
}

variable "unset" {
  description = "Paths that an environment does not inherit, by its name."
  type        = map(list(string))
}

variable "append" {
  description = "Paths of lists that an environment adds to, by its name."
  type        = map(list(string))
}

locals {
  # Nobody sees past an environment that unsets the path.
  seen = {
    for id, node in var.nodes : id => [
      for item in node.values : item if !anytrue([
        for name in slice(node.line, 0, item.at) : contains(var.unset[name], join(".", node.path))
      ])
    ]
  }

  # Null says nothing.
  counted = { for id, items in local.seen : id => [for item in items : item if item.value != null] }

  # Objects (and maps) are merged, until somebody has something else there.
  objects = {
    for id, items in local.counted : id => [
      for place, item in items : item if alltrue([for one in slice(items, 0, place + 1) : can(keys(one.value))])
    ]
  }

  # The nearest list counts alone, unless it is added to the next one.
  lists = {
    for id, items in local.counted : id => [
      for place, item in items : item if can(concat(item.value)) && alltrue([
        for one in slice(items, 0, place) : can(concat(one.value)) && contains(
          var.append[var.nodes[id].line[one.at]], join(".", var.nodes[id].path)
        )
      ])
    ]
  }

  # Lists that are added to each other and whose elements all have a name of their own are merged by it.
  names = {
    for id, lists in local.lists : id => [
      for list in lists : try([for element in list.value : join("", [element.name])], ["", ""]) if length(lists) > 1
    ]
  }
  by_name = {
    for id in keys(var.nodes) : id => length(local.lists[id]) > 1 && alltrue([
      for names in local.names[id] : length(names) == length(distinct(names))
    ])
  }

  merged = {
    for id, by_name in local.by_name : id => [
      for item in [local.objects[id], local.lists[id]][by_name ? 1 : 0] : {
        at = item.at, value = [item.value, { for element in [[], item.value][by_name ? 1 : 0] : element.name => element }][by_name ? 1 : 0]
      }
    ]
  }
  keys = {
    for id, items in local.merged : id => local.by_name[id] ?
    distinct(flatten(reverse(local.names[id]))) : distinct(flatten([for item in items : keys(item.value)]))
  }
}

output "children" {
  description = "The nodes of the next level, as `nodes` takes them."
  value = merge([
    for id, items in local.merged : {
      for key in local.keys[id] : "${id}${jsonencode(key)}" => {
        line   = var.nodes[id].line
        path   = concat(var.nodes[id].path, [key])
        values = [for item in items : { at = item.at, value = item.value[key] } if contains(keys(item.value), key)]
      }
    }
  ]...)
}

output "nodes" {
  description = "How to put each node together: what it is, its value if nothing is below it, its keys in order."
  value = {
    for id, items in local.counted : id => {
      environment = var.nodes[id].line[0]
      path        = join(".", var.nodes[id].path)
      kind        = local.by_name[id] ? 2 : length(local.objects[id]) > 0 ? 1 : 0
      keys        = local.keys[id]
      value = concat(
        [for lists in [local.lists[id]] : concat(reverse(lists[*].value)...) if length(lists) > 0],
        items[*].value, [null]
      )[0]

      # For telling instructions that are without effect.
      inherits = anytrue([for item in var.nodes[id].values : item.at > 0 && item.value != null])
      own_list = anytrue([for item in items : item.at == 0 && can(concat(item.value))])

      gone = length(local.seen[id]) == 0

      # Only a map is equal to itself made a map. Null in a map is as good as no key.
      is_map = try(tomap(items[0].value) == items[0].value, false)
    }
  }
}
