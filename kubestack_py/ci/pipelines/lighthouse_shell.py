"""The lines of bash in Lighthouse's pipelines. Names come in variables, which are compared or quoted."""

from __future__ import annotations

from kubestack_py.ci.pipelines.model import On

_CLONE = ['git clone --quiet --no-checkout -- "$REPO_URL" source', "cd source"]
_FIND = """\
# Lighthouse says a short name and a commit. Which ref of the repository is that?
listed="$(git ls-remote -- "$REPO_URL")"
kind=gone ref=none
found() {  # full name, commit: whether the repository has it just so; an annotated tag has two
  while IFS=$'\\t' read -r at name; do
    if [[ $name == "$1" || $name == "$1^{}" ]] && [[ $at == "$2" ]]; then return 0; fi
  done <<< "$listed"
  return 1
}
case "$JOB_TYPE" in
  presubmit)
    kind=fork  # unless a branch of the repository itself is at that commit
    while IFS=$'\\t' read -r at name; do
      if [[ $at == "$PULL_PULL_SHA" && $name == refs/heads/* ]]; then kind=pull-request ref="$name"; fi
    done <<< "$listed"
    ;;
  postsubmit)
    branch="refs/heads/$PULL_BASE_REF" tag="refs/tags/$PULL_BASE_REF"
    if found "$branch" "$PULL_BASE_SHA"; then kind=branch ref="$branch"; fi
    if found "$tag" "$PULL_BASE_SHA"; then
      if [[ $kind == branch ]]; then echo "A branch and a tag have this name; delete one." >&2; exit 1; fi
      kind=tag ref="$tag"
    fi
    ;;
  periodic) kind=schedule ;;
  *) echo "A batch of pull requests cannot be planned; set batch_size_limit to -1." >&2; exit 1 ;;
esac
printf '%s' "$kind" > "$(results.kind.path)"
printf '%s' "$ref" > "$(results.ref.path)"
printf '%s\\n' "kind: $kind"
"""


def find_lines() -> list[str]:
    """Find out what the event is about: the results `kind` and `ref` of the first task."""
    return _FIND.splitlines()


def checkout_lines(on: On) -> list[str]:
    """A clone at what the job is about; a pull request is merged into its target."""
    merge = [
        'git fetch --quiet -- origin "${PULL_PULL_REF:-$PULL_PULL_SHA}"',
        'git checkout --quiet --detach "$PULL_BASE_SHA"',
        "git -c user.name=kubestack -c user.email=kubestack@localhost \\",
        '  merge --quiet --no-ff --no-edit "$PULL_PULL_SHA"',
    ]
    commit = ['git checkout --quiet --detach "$PULL_BASE_SHA^{commit}"']
    match on:
        case On.ANY_CHANGE:
            lines = ["if [[ $JOB_TYPE == presubmit ]]; then", *(f"  {line}" for line in merge), "else"]
            return [*_CLONE, *lines, *(f"  {line}" for line in commit), "fi"]
        case On.PULL_REQUEST | On.FORK:
            return [*_CLONE, *merge]
        case On.SCHEDULE:
            return [*_CLONE, "git checkout --quiet --detach origin/HEAD"]
        case _:
            return [*_CLONE, *commit]
