# Inheritance between environments: README.md beside this file has the rules.
#
# The configurations are taken apart level by level, since Terraform knows no recursion. A node is one
# path of one environment with what everybody in its line says there, the nearest first; ./level decides
# what of that counts. Then the levels are put together again, the deepest first.

locals {
  instructions = ["unset", "append"]
  names        = keys(var.configuration)

  unset  = { for name, own in var.configuration : name => flatten([for paths in [try(own.unset, null)] : paths if paths != null]) }
  append = { for name, own in var.configuration : name => flatten([for paths in [try(own.append, null)] : paths if paths != null]) }
  own = {
    for name, own in var.configuration : name => { for key, value in own : key => value if !contains(local.instructions, key) }
  }
}

# Lines: an environment, its parent, the parent's parent and so on. Each step doubles their length.
locals {
  parent = {
    for name in concat([""], local.names) : name =>
    contains(local.names, lookup(local.parent_named, name, "")) ? local.parent_named[name] : ""
  }
  parent_named = merge({ for name in local.names : name => var.base_key if name != var.base_key }, var.parents)

  parent_2 = { for name, parent in local.parent : name => local.parent[parent] }
  parent_4 = { for name, parent in local.parent_2 : name => local.parent_2[parent] }
  parent_8 = { for name, parent in local.parent_4 : name => local.parent_4[parent] }

  line_2  = { for name, parent in local.parent : name => compact([name, parent]) }
  line_4  = { for name, parent in local.parent_2 : name => concat(local.line_2[name], local.line_2[parent]) }
  line_8  = { for name, parent in local.parent_4 : name => concat(local.line_4[name], local.line_4[parent]) }
  line_16 = { for name, parent in local.parent_8 : name => concat(local.line_8[name], local.line_8[parent]) }
}

locals {
  roots = {
    for name in local.names : jsonencode(name) => {
      line   = local.line_16[name]
      path   = []
      values = [for position, one in local.line_16[name] : { at = position, value = local.own[one] }]
    }
  }
}

# Down: one level for each key that a path can have. With another depth, change what is below.

module "level_0" {
  source = "./level"
  nodes  = local.roots
  unset  = local.unset
  append = local.append
}

module "level_1" {
  source = "./level"
  nodes  = module.level_0.children
  unset  = local.unset
  append = local.append
}

module "level_2" {
  source = "./level"
  nodes  = module.level_1.children
  unset  = local.unset
  append = local.append
}

module "level_3" {
  source = "./level"
  nodes  = module.level_2.children
  unset  = local.unset
  append = local.append
}

module "level_4" {
  source = "./level"
  nodes  = module.level_3.children
  unset  = local.unset
  append = local.append
}

module "level_5" {
  source = "./level"
  nodes  = module.level_4.children
  unset  = local.unset
  append = local.append
}

module "level_6" {
  source = "./level"
  nodes  = module.level_5.children
  unset  = local.unset
  append = local.append
}

module "level_7" {
  source = "./level"
  nodes  = module.level_6.children
  unset  = local.unset
  append = local.append
}

module "level_8" {
  source = "./level"
  nodes  = module.level_7.children
  unset  = local.unset
  append = local.append
}

module "level_9" {
  source = "./level"
  nodes  = module.level_8.children
  unset  = local.unset
  append = local.append
}

module "level_10" {
  source = "./level"
  nodes  = module.level_9.children
  unset  = local.unset
  append = local.append
}

module "level_11" {
  source = "./level"
  nodes  = module.level_10.children
  unset  = local.unset
  append = local.append
}

module "level_12" {
  source = "./level"
  nodes  = module.level_11.children
  unset  = local.unset
  append = local.append
}

# Up: values alone, objects and maps by key, lists by name.
locals {
  values_12 = { for id, node in module.level_12.nodes : id => node.value }
  values_11 = { for id, node in module.level_11.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_12["${id}${jsonencode(key)}"] if !module.level_12.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_12["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_12["${id}${jsonencode(key)}"] if local.values_12["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_10 = { for id, node in module.level_10.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_11["${id}${jsonencode(key)}"] if !module.level_11.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_11["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_11["${id}${jsonencode(key)}"] if local.values_11["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_9 = { for id, node in module.level_9.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_10["${id}${jsonencode(key)}"] if !module.level_10.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_10["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_10["${id}${jsonencode(key)}"] if local.values_10["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_8 = { for id, node in module.level_8.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_9["${id}${jsonencode(key)}"] if !module.level_9.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_9["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_9["${id}${jsonencode(key)}"] if local.values_9["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_7 = { for id, node in module.level_7.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_8["${id}${jsonencode(key)}"] if !module.level_8.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_8["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_8["${id}${jsonencode(key)}"] if local.values_8["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_6 = { for id, node in module.level_6.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_7["${id}${jsonencode(key)}"] if !module.level_7.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_7["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_7["${id}${jsonencode(key)}"] if local.values_7["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_5 = { for id, node in module.level_5.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_6["${id}${jsonencode(key)}"] if !module.level_6.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_6["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_6["${id}${jsonencode(key)}"] if local.values_6["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_4 = { for id, node in module.level_4.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_5["${id}${jsonencode(key)}"] if !module.level_5.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_5["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_5["${id}${jsonencode(key)}"] if local.values_5["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_3 = { for id, node in module.level_3.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_4["${id}${jsonencode(key)}"] if !module.level_4.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_4["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_4["${id}${jsonencode(key)}"] if local.values_4["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_2 = { for id, node in module.level_2.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_3["${id}${jsonencode(key)}"] if !module.level_3.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_3["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_3["${id}${jsonencode(key)}"] if local.values_3["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_1 = { for id, node in module.level_1.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_2["${id}${jsonencode(key)}"] if !module.level_2.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_2["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_2["${id}${jsonencode(key)}"] if local.values_2["${id}${jsonencode(key)}"] != null],
  ][node.kind] }
  values_0 = { for id, node in module.level_0.nodes : id => [
    node.value,
    { for key in node.keys : key => local.values_1["${id}${jsonencode(key)}"] if !module.level_1.nodes["${id}${jsonencode(key)}"].gone && (!node.is_map || local.values_1["${id}${jsonencode(key)}"] != null) },
    [for key in node.keys : local.values_1["${id}${jsonencode(key)}"] if local.values_1["${id}${jsonencode(key)}"] != null],
  ][node.kind] }

  merged = { for name in local.names : name => local.values_0[jsonencode(name)] }
  levels = [
    module.level_0.nodes, module.level_1.nodes, module.level_2.nodes, module.level_3.nodes, module.level_4.nodes,
    module.level_5.nodes, module.level_6.nodes, module.level_7.nodes, module.level_8.nodes, module.level_9.nodes,
    module.level_10.nodes, module.level_11.nodes, module.level_12.nodes,
  ]
}
