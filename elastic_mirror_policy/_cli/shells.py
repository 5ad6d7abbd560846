"""What a shell asks to complete a command line, and what it is told.

Each shell hands over the line as far as it is typed, in COMP_WORDS. It is told one completion a
line: `plain` or `file`, the value, and what it means, with tabs between them.
"""

import os
from typing import Final

from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    split_arg_string,
)

BASH: Final = r"""
_elastic_mirror_policy_completion() {
    local line=${COMP_LINE:0:COMP_POINT} type value
    # bash replaces only what stands behind the last of these two characters.
    local kept=${line##*[[:space:]]}
    kept=${kept%"${kept##*[=:]}"}
    COMPREPLY=()
    while IFS=$'\t' read -r type value _; do
        if [[ $type == file ]]; then
            compopt -o default
            continue
        fi
        [[ $value == *[^[:alnum:]._=/-]* ]] && compopt -o filenames
        [[ $value == *= ]] && compopt -o nospace
        COMPREPLY+=("${value#"$kept"}")
    done < <(COMP_WORDS=$line _ELASTIC_MIRROR_POLICY_COMPLETE=bash_complete \
        "${1/#\~\//$HOME/}" 2>/dev/null)
}
complete -o nosort -F _elastic_mirror_policy_completion elastic-mirror-policy
"""
"""`filenames` is what makes bash quote a value, and only where it is needed."""

ZSH: Final = r"""#compdef elastic-mirror-policy

_elastic_mirror_policy_completion() {
    local type value help line kept
    local -a plain begun told
    [[ $PREFIX == -*=* ]] && kept=${PREFIX%%=*}=
    local program=${(Q)words[1]}
    for line in "${(@f)$(COMP_WORDS="${(j: :)words[1,CURRENT]}" \
        _ELASTIC_MIRROR_POLICY_COMPLETE=zsh_complete "${program/#\~\//$HOME/}" 2>/dev/null)}"; do
        IFS=$'\t' read -r type value help <<< "$line"
        case $type,$help,$value in
            (file,*) compset -P "$kept"; _files ;;
            (plain,,*=) begun+=("$kept$value") ;;
            (plain,,*) plain+=("$kept$value") ;;
            (plain,*) told+=("$kept${value//:/\\:}:$help") ;;
        esac
    done
    (( $#told )) && _describe -V unsorted told -U
    (( $#plain )) && compadd -U -V unsorted -a plain
    (( $#begun )) && compadd -U -V unsorted -S '' -a begun
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _elastic_mirror_policy_completion "$@"
else
    compdef _elastic_mirror_policy_completion elastic-mirror-policy
fi
"""

FISH: Final = r"""
function _elastic_mirror_policy_completion
    set -l program (string replace -r '^~/' "$HOME/" -- (commandline -opc)[1])
    set -l kept (string match -r -- '^--[a-z-]+=' (commandline -ct))
    for line in (env COMP_WORDS=(commandline -cp | string collect) \
            _ELASTIC_MIRROR_POLICY_COMPLETE=fish_complete $program 2>/dev/null)
        set -l item (string split \t -- $line)
        if test "$item[1]" = file
            __fish_complete_path "$item[2]" | string replace -r '^' -- "$kept"
        else
            printf '%s%s\t%s\n' "$kept" "$item[2]" "$item[3]"
        end
    end
end
complete --no-files --command elastic-mirror-policy \
    --arguments '(_elastic_mirror_policy_completion)'
"""


class Completion(ShellComplete):
    """Completes for any of the shells."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is begun, and that one."""
        # With a letter behind it, a word that is begun is there also when it is still empty.
        words = split_arg_string(os.environ["COMP_WORDS"] + "x")
        return words[1:-1], words[-1][:-1]

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        """Return what completes it; a value that no line can hold is left out."""
        found = super().get_completions(args, incomplete)
        return [item for item in found if item.value.isprintable()]

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return the line about one completion."""
        return f"{item.type}\t{item.value}\t{item.help or ''}"


SCRIPTS: Final = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""What makes a shell ask, for each shell."""


def answer_shells() -> None:
    """Let click answer the shells that a script of `SCRIPTS` was loaded in."""
    for name in SCRIPTS:
        add_completion_class(Completion, name)
