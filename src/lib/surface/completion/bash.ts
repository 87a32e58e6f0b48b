/** For bash 3.2 and later, with or without the bash-completion package. */
export const bashScript = String.raw`# bash completion for opsctl. Load it with:  source <(opsctl completion bash)
# or keep it:  opsctl completion bash > ~/.local/share/bash-completion/completions/opsctl

_opsctl() {
  # bash cuts words at ':', '=' and '@' as well: put together again what has no blank between.
  local -a words=()
  local rest=\${COMP_LINE:0:COMP_POINT} piece i before tail
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]}
    before=\$rest
    rest=\${rest#"\${rest%%[![:space:]]*}"}
    # The cursor may stand inside of the last piece.
    if ((i == COMP_CWORD)); then piece=\$rest; fi
    rest=\${rest#"\$piece"}
    if ((i == 0)) || [[ \$before == [[:space:]]* ]]; then
      words+=("\$piece")
    else
      words[\${#words[@]}-1]+=\$piece
    fi
  done
  # Quotes are the shell's, not part of the word.
  words=("\${words[@]//[\'\"\\]/}")
  piece=\${piece//[\'\"\\]/}
  local current=\${words[\${#words[@]}-1]}

  local answer what='' prefix='' line
  answer=\$("\${1/#\~/$HOME}" __complete "\${words[@]:1}" 2>/dev/null) || return 0
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z \$what ]]; then
      what=\${line%% *}
      prefix=\${line#* }
      continue
    fi
    COMPREPLY+=("\${line%%$'\t'*}")
  done <<<"\$answer"

  tail=\${current:\${#prefix}}
  case \$what in
    files) while IFS= read -r line; do COMPREPLY+=("\$prefix\$line"); done < <(compgen -f -- "\$tail") ;;
    directories) while IFS= read -r line; do COMPREPLY+=("\$prefix\$line"); done < <(compgen -d -- "\$tail") ;;
  esac
  case \$what in
    files | directories) compopt -o filenames 2>/dev/null ;;
  esac

  # Only what follows the last cut is replaced on the line.
  case \$piece in
    [:=@]) piece='' ;;
  esac
  before=\${current%"\$piece"}
  COMPREPLY=("\${COMPREPLY[@]#"\$before"}")
}

complete -F _opsctl opsctl
`.replaceAll('\\$', '$')
