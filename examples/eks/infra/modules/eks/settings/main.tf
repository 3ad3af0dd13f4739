# Nothing is made here. The types give every attribute its default, and outputs.tf what cannot be checked
# by looking at one attribute alone.

locals {
  network = var.settings.network

  # Attributes that have been written but are not known, by where they stand.
  unknown = concat(
    [for key in setsubtract(keys(var.given), keys(var.settings)) : key],
    [for key in setsubtract(try(keys(var.given.network), []), keys(var.settings.network)) : "network.${key}"],
    flatten([
      for name, pool in var.settings.node_pools : [
        for key in setsubtract(try(keys(var.given.node_pools[name]), []), keys(pool)) : "node_pools.${name}.${key}"
      ]
    ]),
    flatten([
      for name, entry in var.settings.access : [
        for key in setsubtract(try(keys(var.given.access[name]), []), keys(entry)) : "access.${name}.${key}"
      ]
    ]),
    flatten([
      for name, addon in var.settings.addon_settings : [
        for key in setsubtract(try(keys(var.given.addon_settings[name]), []), keys(addon)) : "addon_settings.${name}.${key}"
      ]
    ]),
  )

  # Networks that must not meet; peers may. A VPC that exists already is not known here.
  networks = concat(
    local.network.vpc_id == null ? [{ name = "network.vpc_cidr", cidr = local.network.vpc_cidr, own = true }] : [],
    [{ name = "network.service_cidr", cidr = local.network.service_cidr, own = true }],
    [for cidr in local.network.peer_cidrs : { name = "network.peer_cidrs", cidr = cidr, own = false }],
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
}
