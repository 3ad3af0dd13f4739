# The cluster's zone. external-dns writes to it; what asks for the zone finds it by delegation.

resource "aws_route53_zone" "this" {
  #checkov:skip=CKV2_AWS_38:DNSSEC needs a key in us-east-1 and a record in the parent zone, which belongs to another platform or team.
  #checkov:skip=CKV2_AWS_39:Query logs have to be in us-east-1, whatever the cluster's region; the zone has public names alone.
  count = local.settings.dns_zone ? 1 : 0

  name    = module.metadata.fqdn
  comment = "EKS cluster ${local.name}"
  tags    = local.tags
}

resource "aws_route53_record" "delegation" {
  count = local.settings.dns_zone && local.settings.dns_parent_zone_id != null ? 1 : 0

  zone_id = local.settings.dns_parent_zone_id
  name    = module.metadata.fqdn
  type    = "NS"
  ttl     = 300
  records = aws_route53_zone.this[0].name_servers
}
