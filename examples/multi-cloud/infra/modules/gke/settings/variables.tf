# Every attribute that a GKE cluster can have, what it is when nobody says, and what it may be.

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
    # Names. The cluster is called <name_prefix>-<environment>-<region>, its domain is below gcp.<base_domain>.
    name_prefix = string
    base_domain = string
    project_id  = string
    region      = string
    labels      = optional(map(string), {})

    # Zones of the nodes; [] lets the region choose three. The control plane is in all zones of the region.
    availability_zones = optional(list(string), [])

    # The least version of the control plane: a minor one such as "1.35", or one in full. A release channel
    # (RAPID, REGULAR, STABLE, EXTENDED) upgrades from there by itself; UNSPECIFIED does not.
    kubernetes_version = optional(string)
    release_channel    = optional(string, "REGULAR")

    # Terraform refuses to delete the cluster. To remove it, set false, apply, and only then remove it.
    deletion_protection = optional(bool, true)

    # Switch on the APIs that are needed here. They stay on when the cluster goes.
    enable_apis = optional(bool, true)

    network = optional(object({
      # An existing VPC and its subnetwork in the region, by id, with the names of its secondary ranges.
      network        = optional(string)
      subnetwork     = optional(string)
      pods_range     = optional(string, "pods")
      services_range = optional(string, "services")

      # A VPC of its own: addresses of nodes, pods and services.
      nodes_cidr    = optional(string, "10.0.0.0/20")
      pods_cidr     = optional(string, "10.4.0.0/14")
      services_cidr = optional(string, "10.8.0.0/20")

      flow_logs = optional(bool, true)

      # Nodes go out through Cloud NAT: from so many fixed addresses (0 lets Google choose), each node with
      # so many connections at once to one target.
      nat           = optional(bool, true)
      nat_addresses = optional(number, 0)
      nat_min_ports = optional(number, 64)

      # Networks that this one will be connected with; nothing here may overlap them.
      peer_cidrs = optional(list(string), [])
    }), {})

    control_plane = optional(object({
      # A /28 that nothing else uses.
      cidr = optional(string, "172.16.0.32/28")

      # An address on the internet, which only these networks reach, by a name for each. Without any network
      # it answers nobody but the nodes.
      public_address      = optional(bool, true)
      authorized_networks = optional(map(string), {})

      # A name that whoever IAM lets in reaches from anywhere; CI that runs outside uses this.
      dns_endpoint = optional(bool, true)

      # gke-security-groups@DOMAIN: Google groups in RBAC.
      security_group = optional(string)
    }), {})

    # Cloud KMS keys in the region: of Kubernetes secrets (one is made where none is given) and of the
    # nodes' disks (without one, Google's own keys).
    encryption = optional(object({
      secrets_key = optional(string)
      disks_key   = optional(string)
    }), {})

    # Whose logs and metrics Google collects. managed_prometheus is billed by sample.
    logging            = optional(list(string), ["SYSTEM_COMPONENTS", "WORKLOADS"])
    monitoring         = optional(list(string), ["SYSTEM_COMPONENTS"])
    managed_prometheus = optional(bool, false)

    # A public zone for the cluster's domain. The zone of base_domain, where it is in the same project:
    # the cluster's zone is delegated there.
    dns_zone        = optional(bool, true)
    dns_parent_zone = optional(string)

    # When the four hours of each day begin in which GKE may upgrade, in UTC, and when it may not at all.
    maintenance = optional(object({
      start_time = optional(string, "03:00")
      exclusions = optional(map(object({
        start_time = string
        end_time   = string
        scope      = optional(string, "NO_UPGRADES") # or NO_MINOR_UPGRADES, NO_MINOR_OR_NODE_UPGRADES
      })), {})
    }), {})

    # Node pools by name. Sizes count nodes in the whole pool, not in each zone.
    node_pools = map(object({
      machine_type = string
      min_size     = number
      max_size     = number

      # All of the cluster's zones, or some.
      availability_zones = optional(list(string), [])

      disk_size  = optional(number, 100) # GB
      disk_type  = optional(string, "pd-balanced")
      image_type = optional(string, "COS_CONTAINERD")
      local_ssds = optional(number, 0)

      # Cheaper machines that may be taken away at any time.
      spot = optional(bool, false)

      # Pods on one node; the range of pods is divided by it.
      max_pods = optional(number, 110)

      labels = optional(map(string), {})
      taints = optional(list(object({
        key    = string
        value  = optional(string, "")
        effect = optional(string, "NO_SCHEDULE") # or PREFER_NO_SCHEDULE, NO_EXECUTE
      })), [])

      # For firewall rules.
      network_tags = optional(list(string), [])

      # Nodes follow the control plane; upgrades add so many machines and may miss so many.
      max_surge       = optional(number, 1)
      max_unavailable = optional(number, 0)
    }))
  })

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.settings.project_id))
    error_message = "project_id \"${var.settings.project_id}\" has to be the id of a project (not its name or number): 6 to 30 lower-case letters, digits and dashes, beginning with a letter."
  }

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.settings.region))
    error_message = "The region \"${var.settings.region}\" has to be a region of Google Cloud, such as europe-west1; zones go to availability_zones."
  }

  validation {
    condition = alltrue([
      for zone in concat(var.settings.availability_zones, flatten([for pool in var.settings.node_pools : pool.availability_zones])) :
      can(regex("^${var.settings.region}-[a-z]$", zone))
    ])
    error_message = "Every zone has to be one of the region, such as ${var.settings.region}-b."
  }

  validation {
    condition     = contains(["RAPID", "REGULAR", "STABLE", "EXTENDED", "UNSPECIFIED"], var.settings.release_channel)
    error_message = "release_channel has to be RAPID, REGULAR, STABLE, EXTENDED or UNSPECIFIED, not \"${var.settings.release_channel}\"."
  }

  validation {
    condition     = var.settings.kubernetes_version == null || can(regex("^1\\.[0-9]+(\\.[0-9]+(-gke\\.[0-9]+)?)?$", var.settings.kubernetes_version))
    error_message = "Write kubernetes_version as a minor version such as \"1.35\", or as GKE does: \"1.35.8-gke.1036000\"."
  }

  validation {
    condition = alltrue([
      for component in concat(var.settings.logging, var.settings.monitoring) : can(regex("^[A-Z_]+$", component))
    ])
    error_message = "Components of `logging` and `monitoring` are written like SYSTEM_COMPONENTS, in capitals."
  }

  validation {
    condition = alltrue([
      for key, value in var.settings.labels :
      can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))
    ])
    error_message = "Keys and values of `labels` may have lower-case letters, digits, dashes and underscores, 63 at most; keys begin with a letter."
  }

  validation {
    condition     = (var.settings.network.network == null) == (var.settings.network.subnetwork == null)
    error_message = "An existing network is used with its subnetwork: give both network.network and network.subnetwork, or neither."
  }

  validation {
    condition = alltrue([
      for block in concat(
        [var.settings.network.nodes_cidr, var.settings.network.pods_cidr, var.settings.network.services_cidr, var.settings.control_plane.cidr],
        var.settings.network.peer_cidrs, values(var.settings.control_plane.authorized_networks),
      ) : can(cidrhost(block, 0)) && try(cidrsubnet(block, 0, 0) == block, false)
    ])
    error_message = "nodes_cidr, pods_cidr, services_cidr, control_plane.cidr, peer_cidrs and authorized_networks have to be CIDR blocks that begin with their first address, such as 10.0.0.0/20."
  }

  validation {
    condition     = endswith(var.settings.control_plane.cidr, "/28")
    error_message = "control_plane.cidr has to be a /28, such as 172.16.0.32/28, not ${var.settings.control_plane.cidr}."
  }

  validation {
    condition     = var.settings.network.nat_addresses >= 0 && floor(var.settings.network.nat_addresses) == var.settings.network.nat_addresses && var.settings.network.nat_min_ports >= 2
    error_message = "network.nat_addresses has to be a whole number from 0, and network.nat_min_ports at least 2."
  }

  validation {
    condition = alltrue([
      for key in compact([var.settings.encryption.secrets_key, var.settings.encryption.disks_key]) :
      can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", key))
    ])
    error_message = "Write a key as projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.settings.maintenance.start_time))
    error_message = "maintenance.start_time has to be a time of day in UTC such as 03:00, not \"${var.settings.maintenance.start_time}\"."
  }

  validation {
    condition = alltrue([
      for exclusion in var.settings.maintenance.exclusions :
      can(timecmp(exclusion.start_time, exclusion.end_time)) && try(timecmp(exclusion.start_time, exclusion.end_time) < 0, false) &&
      contains(["NO_UPGRADES", "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES"], exclusion.scope)
    ])
    error_message = "Exclusions of `maintenance` need a start_time before their end_time, such as 2030-12-20T00:00:00Z, and a scope NO_UPGRADES, NO_MINOR_UPGRADES or NO_MINOR_OR_NODE_UPGRADES."
  }

  validation {
    condition     = length(var.settings.node_pools) > 0 && alltrue([for name in keys(var.settings.node_pools) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "node_pools needs at least one pool. A pool's name has at most 40 lower-case letters, digits and dashes, begins with a letter and does not end in a dash."
  }

  validation {
    condition = alltrue([
      for pool in var.settings.node_pools :
      pool.min_size >= 0 && pool.max_size >= 1 && pool.min_size <= pool.max_size && floor(pool.min_size) == pool.min_size && floor(pool.max_size) == pool.max_size
    ])
    error_message = "In every node pool, min_size has to be a whole number from 0 to max_size."
  }

  validation {
    condition     = alltrue([for pool in var.settings.node_pools : can(regex("^[a-z][a-z0-9]*-[a-z0-9-]+$", pool.machine_type))])
    error_message = "A machine_type is written like e2-standard-4."
  }

  validation {
    condition     = alltrue([for pool in var.settings.node_pools : pool.disk_size >= 20 && pool.max_pods >= 8 && pool.max_pods <= 256 && pool.local_ssds >= 0])
    error_message = "In every node pool, disk_size has to be at least 20 (GB), max_pods 8 to 256, and local_ssds 0 or more."
  }

  validation {
    condition     = alltrue([for pool in var.settings.node_pools : pool.max_surge + pool.max_unavailable > 0 && pool.max_surge >= 0 && pool.max_unavailable >= 0])
    error_message = "An upgrade of a node pool needs room: max_surge or max_unavailable has to be above 0."
  }

  validation {
    condition = alltrue(flatten([
      for pool in var.settings.node_pools : [for taint in pool.taints : contains(["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"], taint.effect)]
    ]))
    error_message = "The effect of a taint is NO_SCHEDULE, PREFER_NO_SCHEDULE or NO_EXECUTE."
  }
}
