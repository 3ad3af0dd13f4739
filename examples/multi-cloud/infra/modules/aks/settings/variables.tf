# Every attribute that an AKS cluster can have, what it is when nobody says, and what it may be.

variable "given" {
  description = "The settings as they were written, to find attributes that nobody knows."
  type        = any
  nullable    = false
}

variable "environment" {
  description = "The environment that the settings are for."
  type        = string
  nullable    = false
}

variable "settings" {
  description = "The configuration of one environment with what it inherits."
  nullable    = false

  type = object({
    # Names. The cluster is called <name_prefix>-<environment>-<region>, its domain is below azure.<base_domain>.
    name_prefix = string
    base_domain = string
    region      = string
    tags        = optional(map(string), {})

    # An existing resource group. Without one, each environment makes its own, named as the cluster.
    resource_group = optional(string)

    # The first part of the API server's name; null takes the cluster's name.
    dns_prefix = optional(string)

    # Zones of the nodes; [] in a region that has none.
    availability_zones = optional(list(string), ["1", "2", "3"])

    # The version of the control plane: a minor one such as "1.36", or one in full. Upgrades by themselves:
    # patch, stable, rapid, node-image or none; of the nodes' system NodeImage, SecurityPatch, Unmanaged, None.
    kubernetes_version   = optional(string)
    upgrade_channel      = optional(string, "patch")
    node_upgrade_channel = optional(string, "NodeImage")

    # Free has no promised availability and is for trying out; Standard, Premium (long-term support).
    sku_tier = optional(string, "Standard")

    network = optional(object({
      # An existing subnet for the nodes. How they go out from there (loadBalancer, userDefinedRouting,
      # userAssignedNATGateway) is its owner's affair.
      subnet_id     = optional(string)
      outbound_type = optional(string)

      # A network of its own: its addresses, and those of the nodes in it.
      address_space = optional(string, "10.0.0.0/16")
      nodes_cidr    = optional(string, "10.0.0.0/20")

      # Nodes go out through a NAT gateway with so many fixed addresses.
      nat_addresses = optional(number, 1)

      # Addresses of pods and services; used inside of the cluster alone.
      pods_cidr     = optional(string, "10.244.0.0/16")
      services_cidr = optional(string, "172.20.0.0/16")

      # Networks that this one will be connected with; nothing here may overlap them.
      peer_cidrs = optional(list(string), [])
    }), {})

    # The API server is reached from the cluster's network alone (private), or from these networks.
    api_server = optional(object({
      private             = optional(bool, true)
      private_dns_zone_id = optional(string) # null: AKS makes the zone
      authorized_networks = optional(list(string), [])
    }), {})

    # Who may do what is decided by Entra ID: groups whose members are administrators, by object id.
    admin_group_ids = optional(list(string), [])

    # Azure encrypts disks and etcd with keys of its own. Keys of yours: a disk encryption set for the nodes'
    # disks, a key with the Key Vault that it is in for Kubernetes secrets.
    encryption = optional(object({
      disk_encryption_set_id = optional(string)
      secrets_key_id         = optional(string)
      secrets_key_vault_id   = optional(string)
      host                   = optional(bool, true) # also what is cached; the subscription has to have EncryptionAtHost
    }), {})

    # Container logs and metrics go to Log Analytics, which is billed by volume: false sends nothing.
    log_analytics      = optional(bool, true)
    log_retention_days = optional(number, 30)

    azure_policy            = optional(bool, true)
    keda                    = optional(bool, false)
    vertical_pod_autoscaler = optional(bool, false)

    # A public zone for the cluster's domain. The zone of base_domain, by its id: the cluster's zone is
    # delegated there.
    dns_zone           = optional(bool, true)
    dns_parent_zone_id = optional(string)

    # When Azure may upgrade: day, begin in UTC, and for how many hours.
    maintenance = optional(object({
      day_of_week = optional(string, "Sunday")
      start_time  = optional(string, "03:00")
      duration    = optional(number, 4)
    }), {})

    # The nodes of the cluster's own pods. Nothing else runs there.
    system_pool = optional(object({
      vm_size   = optional(string, "Standard_D2ds_v5")
      min_size  = optional(number, 2)
      max_size  = optional(number, 3)
      disk_size = optional(number, 64) # GB; an ephemeral disk has to fit the machine
      disk_type = optional(string, "Ephemeral")
      max_pods  = optional(number, 110)
    }), {})

    # Node pools by name, in addition to the system pool.
    node_pools = map(object({
      vm_size  = string
      min_size = number
      max_size = number

      # All of the cluster's zones, or some.
      availability_zones = optional(list(string), [])

      # Ephemeral disks are quicker and cost nothing, and have to fit the machine's own disk; or Managed.
      disk_size = optional(number, 64) # GB
      disk_type = optional(string, "Ephemeral")
      os_sku    = optional(string, "AzureLinux")
      max_pods  = optional(number, 110)

      # Cheaper machines that may be taken away at any time, for at most so much an hour (-1: the usual price).
      spot           = optional(bool, false)
      spot_max_price = optional(number, -1)

      labels = optional(map(string), {})
      taints = optional(list(string), []) # such as "dedicated=ci:NoSchedule"

      # Machines that are added during an upgrade (a number, or a share such as 33%), and minutes to drain one.
      max_surge     = optional(string, "33%")
      drain_timeout = optional(number, 30)
    }))
  })

  validation {
    condition     = can(regex("^[a-z]+[0-9]*$", var.settings.region))
    error_message = "The region \"${var.settings.region}\" has to be written as Azure's interface calls it, such as westeurope, not \"West Europe\"."
  }

  validation {
    condition     = var.settings.resource_group == null || can(regex("^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$", var.settings.resource_group))
    error_message = "resource_group has to be the name of a resource group: at most 90 letters, digits, underscores, dashes, dots and parentheses, not ending in a dot."
  }

  validation {
    condition     = var.settings.dns_prefix == null || can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,52}[A-Za-z0-9])?$", var.settings.dns_prefix))
    error_message = "dns_prefix has at most 54 letters, digits and dashes, and neither begins nor ends with a dash."
  }

  validation {
    condition = alltrue([
      for zone in concat(var.settings.availability_zones, flatten([for pool in var.settings.node_pools : pool.availability_zones])) :
      contains(["1", "2", "3"], zone)
    ])
    error_message = "Zones of Azure are \"1\", \"2\" and \"3\"; write [] in a region without zones."
  }

  validation {
    condition     = var.settings.kubernetes_version == null || can(regex("^1\\.[0-9]+(\\.[0-9]+)?$", var.settings.kubernetes_version))
    error_message = "Write kubernetes_version as a minor version such as \"1.36\", or in full: \"1.36.5\"."
  }

  validation {
    condition     = contains(["patch", "stable", "rapid", "node-image", "none"], var.settings.upgrade_channel)
    error_message = "upgrade_channel has to be patch, stable, rapid, node-image or none, not \"${var.settings.upgrade_channel}\"."
  }

  validation {
    condition     = contains(["NodeImage", "SecurityPatch", "Unmanaged", "None"], var.settings.node_upgrade_channel)
    error_message = "node_upgrade_channel has to be NodeImage, SecurityPatch, Unmanaged or None, not \"${var.settings.node_upgrade_channel}\"."
  }

  validation {
    condition     = contains(["Free", "Standard", "Premium"], var.settings.sku_tier)
    error_message = "sku_tier has to be Free, Standard or Premium, not \"${var.settings.sku_tier}\"."
  }

  validation {
    condition     = var.settings.network.outbound_type == null || (var.settings.network.subnet_id != null && contains(["loadBalancer", "userDefinedRouting", "userAssignedNATGateway"], coalesce(var.settings.network.outbound_type, "-")))
    error_message = "network.outbound_type goes with network.subnet_id, and is loadBalancer, userDefinedRouting or userAssignedNATGateway."
  }

  validation {
    condition     = var.settings.network.subnet_id == null || can(regex("^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+$", var.settings.network.subnet_id))
    error_message = "network.subnet_id has to be the id of a subnet: /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/virtualNetworks/…/subnets/…"
  }

  validation {
    condition = alltrue([
      for block in concat(
        [var.settings.network.address_space, var.settings.network.nodes_cidr, var.settings.network.pods_cidr, var.settings.network.services_cidr],
        var.settings.network.peer_cidrs, var.settings.api_server.authorized_networks,
      ) : can(cidrhost(block, 0)) && try(cidrsubnet(block, 0, 0) == block, false)
    ])
    error_message = "address_space, nodes_cidr, pods_cidr, services_cidr, peer_cidrs and authorized_networks have to be CIDR blocks that begin with their first address, such as 10.0.0.0/20."
  }

  validation {
    condition     = try(tonumber(split("/", var.settings.network.services_cidr)[1]) >= 12, true)
    error_message = "network.services_cidr may not be larger than a /12."
  }

  validation {
    condition     = floor(var.settings.network.nat_addresses) == var.settings.network.nat_addresses && var.settings.network.nat_addresses >= 1 && var.settings.network.nat_addresses <= 16
    error_message = "network.nat_addresses has to be a whole number from 1 to 16."
  }

  validation {
    condition     = var.settings.api_server.private == (length(var.settings.api_server.authorized_networks) == 0)
    error_message = "A private API server has no authorized_networks, and a public one (api_server.private = false) needs at least one; the whole internet has to be written out as 0.0.0.0/0."
  }

  validation {
    condition     = (var.settings.encryption.secrets_key_id == null) == (var.settings.encryption.secrets_key_vault_id == null)
    error_message = "Give encryption.secrets_key_id with the id of its Key Vault in encryption.secrets_key_vault_id, or neither."
  }

  validation {
    condition     = var.settings.log_retention_days >= 30 && var.settings.log_retention_days <= 730
    error_message = "log_retention_days has to be from 30 to 730."
  }

  validation {
    condition     = contains(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], var.settings.maintenance.day_of_week) && can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.settings.maintenance.start_time)) && var.settings.maintenance.duration >= 4 && var.settings.maintenance.duration <= 24
    error_message = "maintenance needs a day_of_week such as Sunday, a start_time in UTC such as 03:00, and a duration of 4 to 24 hours."
  }

  validation {
    condition     = alltrue([for name in keys(var.settings.node_pools) : can(regex("^[a-z][a-z0-9]{0,11}$", name))])
    error_message = "The name of a node pool has at most 12 lower-case letters and digits and begins with a letter."
  }

  validation {
    condition     = !contains(keys(var.settings.node_pools), "system")
    error_message = "The pool `system` is the cluster's own: set system_pool, and give the node pool another name."
  }

  validation {
    condition = alltrue([
      for pool in var.settings.node_pools :
      pool.min_size >= 0 && pool.max_size >= 1 && pool.min_size <= pool.max_size && pool.max_size <= 1000 && floor(pool.min_size) == pool.min_size && floor(pool.max_size) == pool.max_size
    ])
    error_message = "In every node pool, min_size has to be a whole number from 0 to max_size, and max_size at most 1000."
  }

  validation {
    condition     = var.settings.system_pool.min_size >= 1 && var.settings.system_pool.min_size <= var.settings.system_pool.max_size
    error_message = "system_pool needs at least one node: min_size from 1 to max_size."
  }

  validation {
    condition     = alltrue([for size in concat([var.settings.system_pool.vm_size], [for pool in var.settings.node_pools : pool.vm_size]) : can(regex("^Standard_[A-Z][A-Za-z0-9_-]+$", size))])
    error_message = "A vm_size is written like Standard_D4ds_v5."
  }

  validation {
    condition = alltrue([
      for pool in concat([var.settings.system_pool], [for pool in var.settings.node_pools : { disk_size = pool.disk_size, disk_type = pool.disk_type, max_pods = pool.max_pods }]) :
      pool.disk_size >= 30 && contains(["Ephemeral", "Managed"], pool.disk_type) && pool.max_pods >= 50 && pool.max_pods <= 250
    ])
    error_message = "In every pool, disk_size has to be at least 30 (GB), disk_type Ephemeral or Managed, and max_pods 50 to 250."
  }

  validation {
    condition     = alltrue([for pool in var.settings.node_pools : contains(["AzureLinux", "Ubuntu"], pool.os_sku)])
    error_message = "os_sku has to be AzureLinux or Ubuntu."
  }

  validation {
    condition     = alltrue(flatten([for pool in var.settings.node_pools : [for taint in pool.taints : can(regex("^[^=:]+(=[^=:]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$", taint))]]))
    error_message = "A taint is written like dedicated=ci:NoSchedule."
  }
}
