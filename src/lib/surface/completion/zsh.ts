import { shellScript } from './shell-script.ts'

/** For zsh 5; works sourced and from a directory of $fpath. */
export const zshScript = shellScript`#compdef opsctl
# zsh completion for opsctl. Load it with:  source <(opsctl completion zsh)
# or keep it in a directory of $fpath:  opsctl completion zsh > ~/.zfunc/_opsctl

_opsctl() {
  local -a answer candidates
  local line what prefix
  answer=("\${(@f)$("\${(Q)words[1]/#\~/$HOME}" __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  what=\${answer[1]%% *}
  prefix=\${answer[1]#* }
  case $what in
    words)
      for line in "\${(@)answer[2,-1]}"; do
        [[ -n $line ]] || continue
        # A colon ends the word for _describe.
        candidates+=("\${\${line%%$'\t'*}//:/\\:}:\${line#*$'\t'}")
      done
      _describe -V opsctl candidates
      ;;
    files)
      compset -P "\${(b)prefix}"
      _files
      ;;
    directories)
      compset -P "\${(b)prefix}"
      _files -/
      ;;
  esac
}

if [[ $funcstack[1] == _opsctl ]]; then
  _opsctl "$@"
else
  compdef _opsctl opsctl
fi
`
