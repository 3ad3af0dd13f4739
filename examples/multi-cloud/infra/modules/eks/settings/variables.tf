variable "settings" {
  description = "The configuration of one environment with what it inherits."
  nullable    = false

  type = object({
    # Names. The cluster is called <name_prefix>-<environment>-<region>, its domain is below aws.<base_domain>.
    name_prefix = string
    base_domain = string
    region      = string
    tags        = optional(map(string), {})

    # Upgrade one minor version at a time: the control plane first, node pools follow in the same apply.
    kubernetes_version = string

    # Zones of the subnets that are made. EKS wants two or more.
    availability_zones = optional(list(string), [])

    network = optional(object({
      # An existing VPC: its id, two or more subnets for the control plane's interfaces, subnets for nodes.
      vpc_id             = optional(string)
      cluster_subnet_ids = optional(list(string), [])
      node_subnet_ids    = optional(list(string), [])

      # A VPC of its own, divided into a /20 of nodes per zone and small subnets for the rest (of a /16).
      vpc_cidr = optional(string, "10.0.0.0/16")

      # "per_zone" survives the loss of a zone, "single" costs a third of it, "none" for no way out.
      nat_gateways = optional(string, "per_zone")

      flow_logs = optional(bool, true)

      # Addresses of Kubernetes services; used inside of the cluster alone.
      service_cidr = optional(string, "172.20.0.0/16")

      # Networks that this one will be connected with; nothing here may overlap them.
      peer_cidrs = optional(list(string), [])
    }), {})

    # The API server is always reached from the VPC. It is reached from the internet by these networks only.
    public_access_cidrs = optional(list(string), [])

    # Days that logs of the control plane and the network are kept.
    log_retention_days = optional(number, 365)
    log_types          = optional(list(string), ["api", "audit", "authenticator", "controllerManager", "scheduler"])

    # A KMS key for secrets, volumes and logs; one is made where none is given. Its policy has to let
    # CloudWatch Logs and Auto Scaling use it.
    encryption_key_arn = optional(string)

    # A permissions boundary for every role that is made, where the account asks for one.
    permissions_boundary_arn = optional(string)

    # Parts that can be left out: where the account forbids them, or something else brings them.
    oidc_provider  = optional(bool, true)
    access_entries = optional(bool, true)
    addons         = optional(bool, true)
    dns_zone       = optional(bool, true)

    # The zone of base_domain, in the same account: the cluster's zone is delegated there.
    dns_parent_zone_id = optional(string)

    # Who may use the Kubernetes API, beside whoever made the cluster. `policy` is one of EKS's access
    # policies without its prefix (AmazonEKSAdminPolicy), in some namespaces or in all.
    access = optional(map(object({
      principal_arn     = string
      policy            = optional(string)
      namespaces        = optional(list(string), [])
      kubernetes_groups = optional(list(string), [])
    })), {})
    creator_is_admin = optional(bool, true)

    # Changes to the usual add-ons (vpc-cni, kube-proxy, coredns, eks-pod-identity-agent,
    # aws-ebs-csi-driver), or further ones. Without a version, the default of the Kubernetes version.
    addon_settings = optional(map(object({
      enabled       = optional(bool, true)
      version       = optional(string)
      configuration = optional(string)
      role_arn      = optional(string)
      # The service account that the role is for.
      service_account = optional(string)
    })), {})

    # Managed node groups by name.
    node_pools = map(object({
      instance_types = list(string)
      min_size       = number
      max_size       = number
      # The first size; from then on the autoscaler's.
      desired_size = optional(number)

      # All of the cluster's zones, or some. Subnets of an existing VPC are given by id.
      availability_zones = optional(list(string), [])
      subnet_ids         = optional(list(string), [])

      capacity_type = optional(string, "ON_DEMAND")
      # By the instance type where it is left out: AL2023 for x86, ARM or NVIDIA.
      ami_type            = optional(string)
      ami_release_version = optional(string)
      # Follows the control plane where it is left out.
      kubernetes_version = optional(string)

      disk_size       = optional(number, 50)
      disk_type       = optional(string, "gp3")
      disk_iops       = optional(number)
      disk_throughput = optional(number)

      labels = optional(map(string), {})
      taints = optional(list(object({
        key    = string
        value  = optional(string)
        effect = string
      })), [])
      tags = optional(map(string), {})

      # Pods reach the instance's metadata with 2. Pod identity and the OIDC provider need no more than 1.
      metadata_hop_limit = optional(number, 1)

      # How many nodes may be missing at once during an update, in percent.
      max_unavailable_percentage = optional(number, 33)
    }))
  })

  validation {
    condition     = can(regex("^1\\.[0-9]+$", var.settings.kubernetes_version))
    error_message = "kubernetes_version \"${var.settings.kubernetes_version}\" has to be a minor version, such as \"1.35\"."
  }

  validation {
    condition = var.settings.network.vpc_id != null || (
      length(var.settings.availability_zones) >= 2 &&
      length(var.settings.availability_zones) <= 6 &&
      length(distinct(var.settings.availability_zones)) == length(var.settings.availability_zones)
    )
    error_message = "availability_zones has to name two to six different zones; EKS needs two. For an existing VPC give network.vpc_id with its subnets instead."
  }

  validation {
    condition = alltrue([
      for zone in var.settings.availability_zones : startswith(zone, var.settings.region)
    ])
    error_message = "availability_zones has a zone that is not in ${var.settings.region}: ${join(", ", [for zone in var.settings.availability_zones : zone if !startswith(zone, var.settings.region)])}."
  }

  validation {
    condition = var.settings.network.vpc_id == null || (
      length(var.settings.network.cluster_subnet_ids) >= 2 && length(var.settings.network.node_subnet_ids) >= 1
    )
    error_message = "network.vpc_id needs network.cluster_subnet_ids, two or more in different zones, and network.node_subnet_ids."
  }

  validation {
    condition = var.settings.network.vpc_id != null || (
      length(var.settings.network.cluster_subnet_ids) == 0 && length(var.settings.network.node_subnet_ids) == 0
    )
    error_message = "network has subnets but no vpc_id: name the VPC that they belong to."
  }

  validation {
    condition = try(
      cidrhost(var.settings.network.vpc_cidr, 0) == split("/", var.settings.network.vpc_cidr)[0] &&
      tonumber(split("/", var.settings.network.vpc_cidr)[1]) >= 16 &&
      tonumber(split("/", var.settings.network.vpc_cidr)[1]) <= 20, false
    )
    error_message = "network.vpc_cidr \"${var.settings.network.vpc_cidr}\" has to be a network from /16 to /20 without host bits, such as 10.0.0.0/16: it is divided by 16 for nodes."
  }

  validation {
    condition = try(
      cidrhost(var.settings.network.service_cidr, 0) == split("/", var.settings.network.service_cidr)[0] &&
      tonumber(split("/", var.settings.network.service_cidr)[1]) >= 12 &&
      tonumber(split("/", var.settings.network.service_cidr)[1]) <= 24, false
    )
    error_message = "network.service_cidr \"${var.settings.network.service_cidr}\" has to be a network from /12 to /24 without host bits, such as 172.20.0.0/16."
  }

  validation {
    condition = alltrue([
      for cidr in concat(var.settings.network.peer_cidrs, var.settings.public_access_cidrs) : can(cidrhost(cidr, 0))
    ])
    error_message = "network.peer_cidrs and public_access_cidrs have to be networks, such as 203.0.113.0/24."
  }

  validation {
    # Two halves are the whole as well: what is wider than any one owner's network is refused.
    condition     = alltrue([for cidr in var.settings.public_access_cidrs : try(tonumber(split("/", cidr)[1]) >= 8, true)])
    error_message = "public_access_cidrs may not be the whole internet, nor wider than /8. Name the networks of your team and of CI."
  }

  validation {
    condition     = contains(["per_zone", "single", "none"], var.settings.network.nat_gateways)
    error_message = "network.nat_gateways \"${var.settings.network.nat_gateways}\" has to be per_zone, single or none."
  }

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.settings.log_retention_days)
    error_message = "log_retention_days ${var.settings.log_retention_days} is none of CloudWatch's from 30 days on: 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, and years up to 3653."
  }

  validation {
    condition     = alltrue([for type in var.settings.log_types : contains(["api", "audit", "authenticator", "controllerManager", "scheduler"], type)])
    error_message = "log_types may have api, audit, authenticator, controllerManager and scheduler."
  }

  validation {
    condition = alltrue([
      for arn in compact([var.settings.encryption_key_arn, var.settings.permissions_boundary_arn]) : startswith(arn, "arn:")
    ])
    error_message = "encryption_key_arn and permissions_boundary_arn have to be ARNs; they begin with arn:."
  }

  validation {
    condition = alltrue([
      for entry in var.settings.access : startswith(entry.principal_arn, "arn:") && (entry.policy != null || length(entry.kubernetes_groups) > 0)
    ])
    error_message = "Every entry of access needs the ARN of a role or user as principal_arn, and a policy or kubernetes_groups."
  }

  validation {
    condition     = length(var.settings.node_pools) > 0
    error_message = "node_pools has to have one pool at least."
  }

  validation {
    condition     = alltrue([for name in keys(var.settings.node_pools) : can(regex("^[a-z][a-z0-9-]{0,35}$", name))])
    error_message = "The name of a node pool has to be 1 to 36 lower-case letters, digits and dashes and begin with a letter; AWS adds 26 more. Not so: ${join(", ", [for name in keys(var.settings.node_pools) : name if !can(regex("^[a-z][a-z0-9-]{0,35}$", name))])}."
  }

  validation {
    condition = alltrue([
      for pool in var.settings.node_pools :
      pool.min_size >= 0 && pool.min_size <= pool.max_size && pool.max_size >= 1 && floor(pool.min_size) == pool.min_size &&
      floor(pool.max_size) == pool.max_size
    ])
    error_message = "In every node pool, min_size has to be a whole number from 0 to max_size, and max_size at least 1."
  }

  validation {
    condition = alltrue([
      for pool in var.settings.node_pools :
      pool.desired_size == null ? true : pool.desired_size >= pool.min_size && pool.desired_size <= pool.max_size
    ])
    error_message = "In every node pool, desired_size has to be from min_size to max_size."
  }

  validation {
    condition = alltrue(flatten([
      for pool in var.settings.node_pools : [
        length(pool.instance_types) > 0,
        [for type in pool.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))],
      ]
    ]))
    error_message = "Every node pool needs instance_types, such as [\"m7i.large\"]."
  }

  validation {
    condition     = alltrue([for pool in var.settings.node_pools : contains(["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"], pool.capacity_type)])
    error_message = "In every node pool, capacity_type has to be ON_DEMAND, SPOT or CAPACITY_BLOCK."
  }

  validation {
    condition = alltrue(flatten([
      for pool in var.settings.node_pools : [for zone in pool.availability_zones : contains(var.settings.availability_zones, zone)]
    ]))
    error_message = "A node pool's availability_zones have to be among the cluster's: ${join(", ", var.settings.availability_zones)}."
  }

  validation {
    condition     = alltrue([for pool in var.settings.node_pools : contains(["gp3", "gp2", "io1", "io2"], pool.disk_type) && pool.disk_size >= 20])
    error_message = "In every node pool, disk_type has to be gp3, gp2, io1 or io2, and disk_size at least 20 (GiB)."
  }

  validation {
    condition = alltrue(flatten([
      for pool in var.settings.node_pools : [for taint in pool.taints : contains(["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"], taint.effect)]
    ]))
    error_message = "A taint's effect has to be NO_SCHEDULE, NO_EXECUTE or PREFER_NO_SCHEDULE."
  }

  validation {
    condition = alltrue([
      for pool in var.settings.node_pools :
      pool.max_unavailable_percentage >= 1 && pool.max_unavailable_percentage <= 100 && pool.metadata_hop_limit >= 1 && pool.metadata_hop_limit <= 64
    ])
    error_message = "In every node pool, max_unavailable_percentage has to be from 1 to 100, and metadata_hop_limit from 1 to 64."
  }
}

variable "given" {
  description = "The same as it was written, to find attributes that nobody knows: a type leaves them out without a word."
  type        = any
}

variable "environment" {
  description = "The environment that these settings are of."
  type        = string
  nullable    = false
}
