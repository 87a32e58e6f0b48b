import { absentFunction, digestFunction, type HostScript, hostScript } from '../../transport/host-script.ts'

/** Shell function: `state PATH` prints `absent`, `link:TARGET`, `other` or the SHA-256 of the file. */
const stateFunction =
  'state() { if [ -h "$1" ]; then printf "link:%s" "$(readlink -- "$1")"; elif [ -f "$1" ]; then sum=$(digest "$1") && printf %s "${sum%% *}"; ' +
  'elif [ -e "$1" ]; then printf other; else printf absent; fi; };'

/** Ends the script with the words of $1, or with those that a program has said already. */
const dieFunction = 'die() { rm -f -- "$stage"; [ -z "$1" ] || printf "%s\\n" "$1" >&2; exit 1; };'

const interrupts = 'trap "rm -f -- \\"\\$stage\\"; exit 1" HUP INT TERM;'

/** Ends the script unless the target is still as $expected says, or already as $wanted says. */
const unlessExpected =
  'if [ -n "$expected" ]; then now=$(state "$target") || die; case $now in "$expected"|"$wanted") ;; *) die "it was changed since it was looked at";; esac; fi;'

/** Ends the script well where the file is as before already, by content, mode, owner, time and context: its inode and its links stay. */
const unlessAsBefore =
  'if [ "$(state "$target")" = "$wanted" ] && [ "$(stat -c %a/%u/%g/%Y -- "$target")" = "$asbefore" ]; then ' +
  'if [ -z "$context" ] || [ "$(stat -c %C -- "$target" 2>/dev/null)" = "$context" ]; then exit 0; fi; fi;'

/** A link to a directory would take the file in; a directory is never replaced. */
const noDirectory =
  'if [ -h "$target" ]; then if [ -d "$target" ]; then rm -f -- "$target" || die; fi; elif [ -d "$target" ]; then die "it is a directory"; fi;'

const syncDirectory = 'sync "${target%/*}/" 2>/dev/null || :;'

/**
 * Looks at the path $1; `follow` in $2 goes where a link leads. Prints the real path, the size, how many directories above it are missing,
 * the kind, `mode/uid/gid/user/group/seconds/time`, the context, and the target of a link or the SHA-256 of a file; then, with a limit in
 * $3, the missing directories and the content of a file within the limit. With $4 a file with an ACL is refused.
 */
export const lookAtFile = (path: string): HostScript =>
  hostScript(
    `look at ${path}`,
    'target=$1 follow=$2 limit=$3 plain=$4;',
    digestFunction,
    absentFunction,
    'if [ -n "$follow" ] && [ -h "$1" ]; then target=$(readlink -f -- "$1") && [ -n "$target" ] ||',
    '{ echo "the link leads nowhere" >&2; exit 1; }; fi;',
    'size=0; meta=; context=; last=; set --;',
    'if absent "$target"; then kind=absent; up=${target%/*}; until [ -d "${up:-/}" ]; do set -- "$up" "$@"; up=${up%/*}; done;',
    'elif [ -h "$target" ]; then kind=link; last=$(readlink -- "$target") || exit 1;',
    'elif [ -f "$target" ]; then kind=file; size=$(stat -c %s -- "$target") || exit 1;',
    'if [ -z "$limit" ] || [ "$size" -le "$limit" ]; then last=$(digest "$target") || exit 1; fi;',
    'if [ -n "$plain" ]; then case $(ls -ld -- "$target" 2>/dev/null) in ??????????+*)',
    'echo "it has an access control list, which an undo could not bring back: take that away first (setfacl -b)" >&2; exit 1;; esac; fi;',
    'else echo "it is neither a file nor a link" >&2; exit 1; fi;',
    'if [ $kind = absent ]; then :; else meta=$(stat -c %a/%u/%g/%U/%G/%Y/%y -- "$target") || exit 1;',
    'context=$(stat -c %C -- "$target" 2>/dev/null); fi;',
    'printf "%s\\0" "$target" "$size" $# "$kind" "$meta" "$context" "$last";',
    'if [ $# -gt 0 ]; then printf "%s\\0" "$@"; fi;',
    'if [ $kind = file ] && [ -n "$limit" ] && [ "$size" -le "$limit" ]; then cat <"$target"; fi',
  )

/** The arguments of replaceFile, in order; all but the first three may be empty. */
export interface Replacement {
  readonly target: string
  readonly stage: string
  readonly sha256: string
  /** What `state` must print before, unless it prints this SHA-256. */
  readonly expected: string
  readonly owner: string
  readonly mode: string
  readonly context: string
  /** `seconds.nanoseconds`, and the same for `touch -t` in UTC. */
  readonly mtime: string
  readonly stamp: string
  /** Makes the directories above. */
  readonly parents: string
  /** `mode/uid/gid/seconds` of a file that is left as it is when it has them, and the content and context. */
  readonly asBefore: string
}

export const replacementArgs = (r: Replacement): string[] => [
  ...[r.target, r.stage, r.sha256, r.expected, r.owner, r.mode, r.context, r.mtime, r.stamp, r.parents, r.asBefore],
]

/**
 * stdin becomes the content of $1: made ready as $2, compared, given mode, owner and context (those of the file it replaces where none
 * is told), brought to the disk, renamed.
 */
export const replaceFile = (path: string): HostScript =>
  hostScript(
    `write ${path}`,
    'target=$1 stage=$2 wanted=$3 expected=$4 owner=$5 mode=$6 context=$7 mtime=$8 stamp=$9; shift 9;',
    'parents=$1 asbefore=$2;',
    digestFunction,
    stateFunction,
    dieFunction,
    interrupts,
    // First, so that whoever was about to rename it can not any more.
    'rm -f -- "$stage" || die;',
    unlessAsBefore,
    'if [ -n "$parents" ]; then mkdir -p -- "${target%/*}/" || die; fi;',
    '[ -d "${target%/*}/" ] || die "its directory does not exist";',
    unlessExpected,
    noDirectory,
    '(umask 077; set -C; cat >"$stage") || die;',
    'sum=$(state "$stage") || die; [ "$sum" = "$wanted" ] || die "what arrived there has another SHA-256";',
    'kept=; if [ -h "$target" ]; then :; elif [ -f "$target" ]; then kept=yes; cp -a --attributes-only -- "$target" "$stage" 2>/dev/null ||',
    'chcon --reference="$target" -- "$stage" 2>/dev/null; touch -- "$stage" || die;',
    'chown -- "$(stat -c %u:%g -- "$target")" "$stage" && chmod -- "$(stat -c %a -- "$target")" "$stage" || die; fi;',
    '[ -z "$owner" ] || chown -- "$owner" "$stage" || die;',
    '[ -z "$mode" ] || chmod -- "$mode" "$stage" || die;',
    '[ -z "$context" ] || chcon -- "$context" "$stage" || die;',
    'if [ -n "$mtime" ]; then touch -d "@$mtime" -- "$stage" 2>/dev/null || TZ=UTC0 touch -t "$stamp" -- "$stage" || die; fi;',
    'sync "$stage" 2>/dev/null || dd if=/dev/null of="$stage" conv=notrunc,fsync 2>/dev/null || sync || die;',
    'mv -f -- "$stage" "$target" || die;',
    'if [ -z "$kept$context" ] && command -v restorecon >/dev/null; then restorecon -- "$target" 2>/dev/null; fi;',
    syncDirectory,
  )

/** Makes the link $1 to $3 through the name $2, owned by $4, unless it is that already. */
export const replaceLink = (path: string): HostScript =>
  hostScript(
    `make the link ${path}`,
    'target=$1 stage=$2;',
    dieFunction,
    interrupts,
    'rm -f -- "$stage" || die;',
    'if [ -h "$target" ] && [ "$(readlink -- "$target")" = "$3" ] && [ "$(stat -c %u:%g -- "$target")" = "$4" ]; then exit 0; fi;',
    noDirectory,
    'ln -s -- "$3" "$stage" && chown -h -- "$4" "$stage" && mv -f -- "$stage" "$target" || die;',
    syncDirectory,
  )

/** Removes $1 and the leftover $2, unless it is not as $3 says; then the directories from $4 on, as long as they are empty. */
export const removeFile = (path: string): HostScript =>
  hostScript(
    `remove ${path}`,
    'target=$1 stage=$2 expected=$3 wanted=absent; shift 3;',
    digestFunction,
    stateFunction,
    dieFunction,
    'rm -f -- "$stage" || die;',
    unlessExpected,
    noDirectory,
    'rm -f -- "$target" || die;',
    'for directory do if [ -d "$directory" ]; then rmdir -- "$directory" 2>/dev/null || break; fi; done;',
    'if [ -d "${target%/*}/" ]; then',
    syncDirectory,
    'fi',
  )
