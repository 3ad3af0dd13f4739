# Kubernetes secrets are encrypted with a key of ours before GKE stores them. A key ring can never be deleted
# in Google Cloud, so each gets a name of its own: a cluster that is made anew would find its ring taken.

locals {
  own_key     = local.settings.encryption.secrets_key == null
  secrets_key = local.own_key ? google_kms_crypto_key.secrets[0].id : local.settings.encryption.secrets_key

  # Google's own accounts that use the keys.
  gke_agent     = "serviceAccount:service-${data.google_project.current.number}@container-engine-robot.iam.gserviceaccount.com"
  compute_agent = "serviceAccount:service-${data.google_project.current.number}@compute-system.iam.gserviceaccount.com"
}

resource "terraform_data" "key_ring" {
  count = local.own_key ? 1 : 0
}

resource "google_kms_key_ring" "this" {
  count = local.own_key ? 1 : 0

  project  = local.settings.project_id
  name     = "${local.name}-${substr(terraform_data.key_ring[0].id, 0, 8)}"
  location = local.settings.region

  depends_on = [google_project_service.required]
}

resource "google_kms_crypto_key" "secrets" {
  #checkov:skip=CKV_GCP_82:prevent_destroy takes no variable, so no environment could ever be removed; deletion_protection of the cluster is the lock, and destroyed versions can be restored for 30 days
  count = local.own_key ? 1 : 0

  name                       = "secrets"
  key_ring                   = google_kms_key_ring.this[0].id
  rotation_period            = "7776000s" # 90 days
  destroy_scheduled_duration = "2592000s" # 30 days
  labels                     = local.labels
}

resource "google_kms_crypto_key_iam_member" "secrets" {
  crypto_key_id = local.secrets_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.gke_agent

  depends_on = [google_project_service.required]
}

resource "google_kms_crypto_key_iam_member" "disks" {
  count = local.settings.encryption.disks_key == null ? 0 : 1

  crypto_key_id = local.settings.encryption.disks_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.compute_agent
}
