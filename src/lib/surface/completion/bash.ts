import { shellScript } from './shell-script.ts'

/** For bash 3.2 and later, with or without the bash-completion package. */
export const bashScript = shellScript`# bash completion for opsctl. Load it with:  source <(opsctl completion bash)
# or keep it:  opsctl completion bash > ~/.local/share/bash-completion/completions/opsctl

_opsctl() {
  # bash cuts words at ':', '=' and '@' as well: put together again what has no blank between.
  local -a words=()
  local rest=\${COMP_LINE:0:COMP_POINT} piece i before
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]}
    before=$rest
    rest=\${rest#"\${rest%%[![:space:]]*}"}
    # The cursor may stand inside of the last piece.
    if ((i == COMP_CWORD)); then piece=$rest; fi
    rest=\${rest#"$piece"}
    if ((i == 0)) || [[ $before == [[:space:]]* ]]; then
      words+=("$piece")
    else
      words[\${#words[@]}-1]+=$piece
    fi
  done
  # Quotes are the shell's, not part of the word.
  words=("\${words[@]//[\'\"\\]/}")
  local current=\${words[\${#words[@]}-1]}

  local answer what='' prefix='' line
  answer=$("\${1/#\~/$HOME}" __complete "\${words[@]:1}" 2>/dev/null) || return 0
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $what ]]; then
      what=\${line%% *}
      prefix=\${line#* }
      continue
    fi
    COMPREPLY+=("\${line%%$'\t'*}")
  done <<<"$answer"

  if [[ $what != words ]]; then
    # compgen -f and -d: files and directories.
    while IFS= read -r line; do COMPREPLY+=("$prefix$line"); done < <(compgen "-\${what:0:1}" -- "\${current:\${#prefix}}")
    compopt -o filenames 2>/dev/null
  fi

  # bash replaces only what it takes for the word, which is its second argument.
  local kept=\${2//[\'\"\\]/}
  kept=\${current%"$kept"}
  COMPREPLY=("\${COMPREPLY[@]#"$kept"}")
}

complete -F _opsctl opsctl
`
