"""The built-in rules, in the order of docs/policies.md, which is made from this."""

from __future__ import annotations

from kubestack_py.model.policy import PolicyMode, PolicyRule

_ALL = (
    PolicyRule(
        id="protected-resources",
        title="What holds data is neither destroyed nor replaced",
        why="A database, bucket, volume or key that is replaced comes back empty. A plan that does so is "
        "rarely meant, and never undone by applying the commit before.",
        fix="Keep the address (`moved` blocks), or change what forces the replacement. Where it is meant, "
        "waive this very address until the day after it is applied everywhere.",
        mode=PolicyMode.BLOCK,
    ),
    PolicyRule(
        id="public-endpoints",
        title="Nothing is opened to the whole internet by accident",
        why="A database with a public address, a port open to 0.0.0.0/0 other than 80 and 443, a cluster's "
        "API for everybody, a load balancer or host port that an application asks for by itself.",
        fix="Name the networks that need it, or publish through the platform's ingress or gateway.",
    ),
    PolicyRule(
        id="large-sizes",
        title="Expensive machines are asked for on purpose",
        why="One line can order a machine that costs more in a day than the rest of the platform in a month.",
        fix="Take a smaller size, set `sizes` to what this platform calls large, or waive the address.",
    ),
    PolicyRule(
        id="privileged-workloads",
        title="No workload is as powerful as its node",
        why="A privileged container, one that shares the host's namespaces or file system, or one with the "
        "capability to do so, owns the node when it is broken into, and all that runs there.",
        fix="Drop `privileged`, `host…` and the capabilities; waive system agents that cannot do without.",
    ),
    PolicyRule(
        id="resource-requests",
        title="Every container says what it needs",
        why="Without requests the scheduler packs blindly: nodes run full, and the wrong pod is evicted.",
        fix="Set `resources.requests` for cpu and memory.",
    ),
    PolicyRule(
        id="image-tags",
        title="Images name a version",
        why="`latest`, or no tag at all, is another image tomorrow: ops proves one, apps runs the other.",
        fix="Name a tag that is not moved, or better a digest (`image@sha256:…`).",
    ),
    PolicyRule(
        id="image-registries",
        title="Images come from registries that the platform trusts",
        why="A look-alike name on a public registry is somebody else's program. Asks nothing until "
        "`registries` is set.",
        fix="Mirror the image to a registry of the list, or add its registry to it.",
    ),
    PolicyRule(
        id="required-labels",
        title="Objects carry the platform's labels",
        why="Cost reports, alerts and clean-up go by labels. Asks nothing until `labels` is set.",
        fix="Add the labels, for a whole application with `labels:` of its kustomization.",
    ),
)
RULES: dict[str, PolicyRule] = {rule.id: rule for rule in _ALL}

PROTECTED = (
    # Kubernetes: kinds
    "CustomResourceDefinition", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "StatefulSet",
    # Terraform: types of resources
    "aws_db_*", "aws_docdb_*", "aws_dynamodb_table", "aws_ebs_volume", "aws_efs_file_system",
    "aws_eks_cluster", "aws_elasticache_*", "aws_kms_key", "aws_neptune_*", "aws_opensearch_domain",
    "aws_rds_*", "aws_route53_zone", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_vpc",
    "azurerm_*_database", "azurerm_*_server", "azurerm_cosmosdb_account", "azurerm_dns_zone",
    "azurerm_key_vault*", "azurerm_kubernetes_cluster", "azurerm_managed_disk", "azurerm_redis_cache",
    "azurerm_resource_group", "azurerm_storage_account", "azurerm_virtual_network",
    "google_*_database_instance", "google_bigquery_*", "google_bigtable_instance", "google_compute_disk",
    "google_compute_network", "google_container_cluster", "google_dns_managed_zone",
    "google_filestore_instance", "google_kms_*", "google_redis_instance", "google_secret_manager_secret",
    "google_spanner_*", "google_storage_bucket",
)  # fmt: skip
LARGE = (
    "*.metal*", "*.12xlarge", "*.16xlarge", "*.24xlarge", "*.32xlarge", "*.48xlarge", "p[2-9]*.*", "u-*",
    "a2-*", "a3-*", "a4-*", "m[1-9]-ultramem-*", "*-standard-9[0-9]", "*-standard-1[0-9][0-9]",
    "Standard_N[DC]*", "Standard_M*", "Standard_*6[4-9]*", "Standard_*9[0-9]*",
)  # fmt: skip
