"""The attacks that the program withstands, and the tests that prove it; docs/security-model.md shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """What an attacker has in hand; headings of the page."""

    NAMES = "Names and texts"
    PULL_REQUESTS = "A pull request"
    SECRETS = "Secrets"
    ENVIRONMENT = "The environment of a job"
    FILES = "Files of the repository"
    GIT = "Git itself"
    PLANS = "Saved plans and evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack. `proofs` are node ids of pytest without parameters, below `tests/`.

    `words` is what the attacker or the victim reads, as it stands in one of the proofs; empty where nothing
    needs to be said, because the name or value is used as what it is.
    """

    group: Group
    attack: str
    defence: str
    proofs: tuple[str, ...]
    words: str = ""


ATTACKS = (
    Attack(
        group=Group.NAMES,
        attack="branches, tags, files and authors named `$(…)`, `;…`, with quotes or with `-` in front",
        defence="argument lists and `--end-of-options`, never a shell; pipelines use variables",
        proofs=(
            "cli/test_hostile_names.py::test_branch_with_hostile_characters_that_git_takes",
            "cli/test_hostile_names.py::test_tag_with_hostile_characters_that_git_takes",
            "cli/test_hostile_names.py::test_tracked_file_with_a_hostile_name",
            "e2e/test_pipeline_attacks.py::test_names_are_never_commands",
        ),
    ),
    Attack(
        group=Group.NAMES,
        attack="names of environments, workspaces, stacks and directories with anything in them",
        defence="an alphabet of letters, digits, `.`, `_` and `-`, asked for in one place",
        words="cannot be a stack",
        proofs=(
            "cli/test_hostile_names.py::test_stack_directory_with_a_hostile_name",
            "cli/test_hostile_names.py::test_environment_and_stack_of_any_name",
            "cli/test_bad_settings.py::test_settings_that_are_wrong",
        ),
    ),
    Attack(
        group=Group.NAMES,
        attack="a ref that is a refspec, an option or several lines",
        defence="resolved to a commit id once, behind `--end-of-options`; control characters are refused",
        words="cannot be the name of a ref",
        proofs=(
            "cli/test_hostile_names.py::test_ref_of_any_name",
            "cli/test_trusted_settings.py::test_target_is_never_a_refspec",
        ),
    ),
    Attack(
        group=Group.NAMES,
        attack="workflow commands in names and output: `::set-output`, `::stop-commands::`, `##vso[…]`",
        defence="text of others stands between stop-commands with a random token, or is taken apart",
        proofs=(
            "unit/test_console.py::test_github_shows_commands_of_others_and_does_not_obey_them",
            "unit/test_console.py::test_azure_finds_no_command_in_the_text_of_others",
            "cli/test_validate.py::test_hostile_names_forge_nothing",
        ),
    ),
    Attack(
        group=Group.NAMES,
        attack="Markdown and HTML that ends a fence, opens a tag, mentions people or draws a table",
        defence="escaped sign by sign; a fence is longer than any inside it",
        proofs=(
            "unit/test_report_markdown.py::test_escape_shows_any_text_as_it_is",
            "unit/test_report_markdown.py::test_fenced_cannot_be_closed_from_inside",
            "unit/test_report_markdown.py::test_summary_takes_nothing_from_outside_as_markup",
        ),
    ),
    Attack(
        group=Group.NAMES,
        attack="a comment that forges the hidden header of ours, or text that forges it inside of ours",
        defence="only a header in the first line counts, and no text from outside keeps its `<!--`",
        proofs=(
            "unit/test_comment.py::test_other_comments_have_no_mark",
            "unit/test_comment.py::test_mark_is_read_back",
            "unit/test_comment.py::test_comment_of_any_values_fits_and_holds_no_markup",
        ),
    ),
    Attack(
        group=Group.NAMES,
        attack="answers for the templates that are paths, options or templates themselves",
        defence="each answer has a form of its own, asked for before anything is rendered",
        proofs=(
            "cli/test_hostile_names.py::test_answers_of_a_new_platform_that_cannot_be",
            "cli/test_hostile_names.py::test_name_of_a_new_platform",
            "unit/test_scaffold_answers.py::test_check_refuses_bad_answer",
        ),
    ),
    Attack(
        group=Group.NAMES,
        attack="escape sequences and marks of writing direction, to hide a part of a name or a diff",
        defence="the console writes them as escapes (`\\u202e`), in JSON too; look-alikes stay others",
        proofs=(
            "attacks/test_shown.py::test_names_steer_no_terminal",
            "attacks/test_shown.py::test_arguments_steer_no_terminal",
            "attacks/test_shown.py::test_letters_that_look_alike_are_other_letters",
        ),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="rewrite kubestack.yaml so that the own branch applies `apps`, or takes other tools or gates",
        defence="the settings of the target branch decide; what would change is told",
        words="until then the settings of main decide",
        proofs=(
            "cli/test_trusted_settings.py::test_pull_request_is_planned_in_the_environments_of_its_target",
            "cli/test_trusted_settings.py::test_pull_request_is_told_what_it_changes",
            "cli/test_trusted_settings.py::test_pull_request_keeps_to_the_evidence_of_its_target",
        ),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="keep the target's settings from being found",
        defence="where they cannot be fetched, nothing is planned",
        words="the settings that decide are those of main, which cannot be fetched",
        proofs=("cli/test_trusted_settings.py::test_target_that_cannot_be_fetched_is_a_refusal",),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="rewrite the pipeline: leave out `--only plan`, run `apply` or `verify`",
        defence="the command looks at the event itself, and at what the default branch holds",
        words="a pull request is never",
        proofs=(
            "e2e/test_pipeline_attacks.py::test_pull_request_that_rewrites_settings_and_pipeline_reaches_nothing",
            "cli/test_trusted_settings.py::test_pull_request_reaches_no_environment",
        ),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="rewrite a policy: weaken an own rule, send what Rego sees, have checkov load code",
        defence="the rules, the Rego and the settings of engines are those of the target, in a place apart",
        words="policies block ops",
        proofs=("attacks/test_policies.py::test_policies_of_the_target_judge_a_pull_request",),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="come from a fork",
        defence="validated only: nothing is initialised, planned or downloaded",
        words="nothing is planned",
        proofs=(
            "cli/test_trusted_settings.py::test_plan_in_a_pull_request_from_a_fork_is_refused",
            "unit/test_pipelines.py::test_forks_get_neither_secrets_nor_tokens",
        ),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="a workflow on `pull_request_target`, or on a comment or a run that a pull request caused",
        defence="every command that would run something is refused on such events",
        words="would run a contributor's code",
        proofs=("attacks/test_events.py::test_rights_of_the_target_are_not_borrowed",),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="bring a provider for `validate` to start, as source or as a program in `.terraform`",
        defence="`validate` starts providers from places of the user alone",
        words="only syntax and calls of local modules were checked",
        proofs=("cli/test_validate.py::test_provider_that_a_pull_request_brings_is_not_started",),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="bring a provider, a module from elsewhere, or `external` and `http` data for a plan to run",
        defence="what the target does not run and `pull_requests` does not allow is refused before `init`",
        words="nothing of this pull request is planned",
        proofs=(
            "attacks/test_foreign_code.py::test_code_for_a_plan_to_run_is_refused",
            "attacks/test_foreign_code.py::test_code_for_a_plan_that_is_asked_for_is_refused",
            "attacks/test_foreign_code.py::test_code_of_the_target_may_be_planned",
            "attacks/test_foreign_code.py::test_pull_request_cannot_allow_itself_anything",
        ),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="let a backend, `terraform_remote_state` or a provider run a program, or ask another address",
        defence="such settings stay word for word those of the target, or are refused before `init`",
        words="setting terraform_remote_state",
        proofs=(
            "attacks/test_foreign_code.py::test_code_for_a_plan_to_run_is_refused",
            "attacks/test_foreign_code.py::test_settings_of_the_target_may_be_planned",
            "attacks/test_foreign_code.py::test_the_attacks_on_settings_would_work",
        ),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="have Kustomize or Helm ask any address for a base, a patch or a chart, also from a fork",
        defence="what the target neither fetches nor allows is not planned, and `validate` does not build it",
        words="nothing of this pull request is planned",
        proofs=(
            "attacks/test_foreign_code.py::test_address_for_kustomize_to_ask_is_refused",
            "attacks/test_foreign_code.py::test_address_of_the_target_is_asked",
        ),
    ),
    Attack(
        group=Group.PULL_REQUESTS,
        attack="hide such code behind a link, an escape, a key that is there twice, HCL of doubt",
        defence="what cannot be read without Terraform counts as the worst",
        words="a symbolic link to other code",
        proofs=(
            "attacks/test_foreign_code.py::test_code_for_a_plan_to_run_is_refused",
            "attacks/test_foreign_code.py::test_code_behind_a_link_is_refused",
        ),
    ),
    Attack(
        group=Group.SECRETS,
        attack="a sensitive value in a plan, an output, or copied to where Terraform does not mask it",
        defence="what the masks of `show -json` cover is hidden wherever it occurs, in JSON and base64 too",
        proofs=(
            "cli/test_secrets.py::test_sensitive_values_are_nowhere",
            "unit/test_terraform_masks.py::test_shown_never_contains_a_long_secret",
        ),
    ),
    Attack(
        group=Group.SECRETS,
        attack="a sensitive value or a secret of the environment in an error",
        defence="the one console masks all it prints, and all that goes into records and files",
        words="***",
        proofs=(
            "cli/test_secrets.py::test_sensitive_values_in_an_error_are_masked",
            "cli/test_secrets.py::test_secrets_of_the_environment_are_masked",
            "cli/test_secrets.py::test_secrets_in_an_error_are_masked",
        ),
    ),
    Attack(
        group=Group.SECRETS,
        attack="a secret that is written in two pieces, line by line, or escaped",
        defence="text is masked as a whole, each line of a secret is a secret, and so are its forms",
        words="***",
        proofs=("attacks/test_shown.py::test_secret_that_is_written_in_pieces",),
    ),
    Attack(
        group=Group.SECRETS,
        attack="a token in the address of a remote, an API, a module or a base, repeated in an error",
        defence="credentials of addresses and Authorization headers are masked, known or not",
        proofs=(
            "attacks/test_shown.py::test_credentials_in_the_address_of_an_api",
            "attacks/test_shown.py::test_credentials_in_the_answer_of_a_host",
            "attacks/test_shown.py::test_credentials_in_the_address_of_the_host",
            "attacks/test_shown.py::test_credentials_in_the_address_of_a_source",
        ),
    ),
    Attack(
        group=Group.ENVIRONMENT,
        attack="`TF_CLI_ARGS_plan=-destroy`, `TF_WORKSPACE`, `TF_DATA_DIR`, `TF_REATTACH_PROVIDERS`",
        defence="dropped, and said so",
        words="ignored from the environment",
        proofs=(
            "cli/test_secrets.py::test_variables_that_redirect_terraform_are_dropped",
            "cli/test_secrets.py::test_destroy_from_the_environment_changes_nothing",
        ),
    ),
    Attack(
        group=Group.ENVIRONMENT,
        attack="a provider or module of a pull request reads the token for comments or the signing key",
        defence="Terraform inherits neither those nor, unless `ci.secrets` names it, the host's own token",
        proofs=(
            "cli/test_secrets.py::test_token_of_the_host_is_not_for_terraform",
            "unit/test_terraform_environment.py::test_scrub_keeps_our_own_secrets_from_providers_without_a_word",
        ),
    ),
    Attack(
        group=Group.ENVIRONMENT,
        attack="CI variables and event files of any form",
        defence="read as data by pure functions; what fits no form means nothing",
        proofs=(
            "unit/test_ci_detect.py::test_github_payload_of_an_odd_shape_breaks_nothing",
            "unit/test_ci_detect.py::test_detect_hands_names_on_as_they_are",
        ),
    ),
    Attack(
        group=Group.FILES,
        attack="a YAML bomb, nesting without end, a manifest of 100 MB",
        defence="bounds for aliases, depth and size, before anything is built; memory is measured",
        words="the file is larger than 8 MiB",
        proofs=(
            "attacks/test_files.py::test_large_manifest_takes_bounded_memory",
            "cli/test_validate.py::test_what_would_break_a_reader_is_refused",
            "cli/test_bad_settings.py::test_settings_as_an_alias_bomb",
        ),
    ),
    Attack(
        group=Group.FILES,
        attack="symbolic links and paths that leave the repository",
        defence="not read, not followed, not written through",
        words="leads out of the repository",
        proofs=(
            "cli/test_validate.py::test_linked_directory_is_not_followed",
            "cli/test_bad_sources.py::test_file_outside_of_the_repository",
            "cli/test_ci.py::test_render_follows_no_link_and_leaves_the_repository_alone",
            "attacks/test_files.py::test_edits_write_nothing_behind_a_link",
        ),
    ),
    Attack(
        group=Group.FILES,
        attack="a key that is there twice, of which each reader takes another",
        defence="refused in settings and manifests",
        words="duplicate key",
        proofs=(
            "cli/test_bad_settings.py::test_settings_that_are_wrong",
            "cli/test_bad_sources.py::test_duplicate_key_in_a_manifest",
            "attacks/test_files.py::test_keys_that_mean_two_things",
            "unit/test_kustomize_reader.py::test_load_merge_key_lets_the_own_key_win",
        ),
    ),
    Attack(
        group=Group.GIT,
        attack="hooks, fsmonitor, diff and merge drivers, pagers, `ext::` remotes in a clone's configuration",
        defence="switched off for every command of Git",
        proofs=(
            "attacks/test_clones.py::test_clone_runs_nothing",
            "tools/test_git.py::test_hooks_and_monitors_of_the_repository_are_not_run",
            "tools/test_git.py::test_remote_helper_that_runs_a_command_is_refused",
        ),
    ),
    Attack(
        group=Group.GIT,
        attack="a submodule with a command for its address",
        defence="submodules are never fetched, and `ext::` is off",
        proofs=("attacks/test_clones.py::test_submodule_is_not_fetched",),
    ),
    Attack(
        group=Group.PLANS,
        attack="a forged, altered or exchanged file of saved plans",
        defence="AES-256-GCM over all of it; nothing is unpacked by a name in it",
        proofs=(
            "tools/test_envelope.py::test_envelope_refuses_a_change_of_any_byte",
            "tools/test_envelope.py::test_envelope_refuses_a_header_of_another_form",
            "cli/test_bound_plans.py::test_plans_without_encryption_do_not_replace_encrypted_ones",
        ),
    ),
    Attack(
        group=Group.PLANS,
        attack="a plan for `ops` applied to `apps`, or to another backend or state",
        defence="what it rests on is bound to it and compared before Terraform sees it",
        proofs=(
            "cli/test_bound_plans.py::test_plans_of_one_workspace_are_never_applied_to_another",
            "cli/test_bound_plans.py::test_plans_that_rest_on_something_else_are_refused",
        ),
    ),
    Attack(
        group=Group.PLANS,
        attack="evidence that is altered, copied to another commit, or signed by a stranger",
        defence="with `signing: ssh`, the signers that the default branch lists have to vouch for it",
        proofs=(
            "tools/test_signatures.py::test_signature_altered_record_does_not_count",
            "tools/test_signatures.py::test_signature_of_a_stranger",
            "cli/test_evidence.py::test_verify_reads_the_signers_of_the_default_branch",
        ),
    ),
)
