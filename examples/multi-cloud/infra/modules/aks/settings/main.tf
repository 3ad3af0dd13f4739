# Nothing is made here. The types give every attribute its default, and outputs.tf what cannot be checked
# by looking at one attribute alone.

locals {
  network = var.settings.network

  # Attributes that have been written but are not known, by where they stand.
  unknown = concat(
    [for key in setsubtract(keys(var.given), keys(var.settings)) : key],
    flatten([
      for group in ["network", "api_server", "encryption", "maintenance", "system_pool"] : [
        for key in setsubtract(try(keys(var.given[group]), []), keys(var.settings[group])) : "${group}.${key}"
      ]
    ]),
    flatten([
      for name, pool in var.settings.node_pools : [
        for key in setsubtract(try(keys(var.given.node_pools[name]), []), keys(pool)) : "node_pools.${name}.${key}"
      ]
    ]),
  )

  # Networks that must not meet. That of an existing subnet is not known here.
  networks = concat(
    local.network.subnet_id == null ? [{ name = "network.address_space", cidr = local.network.address_space, own = true }] : [],
    [
      { name = "network.pods_cidr", cidr = local.network.pods_cidr, own = true },
      { name = "network.services_cidr", cidr = local.network.services_cidr, own = true },
    ],
    [for index, cidr in local.network.peer_cidrs : { name = "network.peer_cidrs[${index}]", cidr = cidr, own = false }],
  )

  # Two networks overlap when they are the same after both have been cut to the shorter of their prefixes.
  overlaps = flatten([
    for one, first in local.networks : [
      for other, second in local.networks : "${first.name} ${first.cidr} and ${second.name} ${second.cidr}"
      if one < other && first.own && (
        cidrhost("${split("/", first.cidr)[0]}/${min(split("/", first.cidr)[1], split("/", second.cidr)[1])}", 0) ==
        cidrhost("${split("/", second.cidr)[0]}/${min(split("/", first.cidr)[1], split("/", second.cidr)[1])}", 0)
      )
    ]
  ])

  # The nodes' subnet is a part of the network that is made for it.
  nodes_outside = local.network.subnet_id == null && !(
    tonumber(split("/", local.network.nodes_cidr)[1]) >= tonumber(split("/", local.network.address_space)[1]) &&
    cidrhost("${split("/", local.network.nodes_cidr)[0]}/${split("/", local.network.address_space)[1]}", 0) == cidrhost(local.network.address_space, 0)
  )
}
