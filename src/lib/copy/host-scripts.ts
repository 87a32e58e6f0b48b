// What runs on the hosts: POSIX sh with the tools of GNU, busybox or BSD. Each script is one line without '!' and without two
// backslashes in a row, so that any login shell (csh and fish included) can hand it to sh. No name is ever part of a script: they come
// as arguments or, ended by NUL, on stdin, always starting with ./ or /.

/** A script for `sh -c` and how it is called in messages. */
export interface HostScript {
  readonly does: string
  readonly text: string
}

/** What every script prints first: everything before it is noise of a login shell. */
export const startMark = '\0opsctl\0'

const mark = 'printf "\\0opsctl\\0";'
const script = (does: string, ...lines: readonly string[]): HostScript => ({
  does,
  text: [mark, ...lines].map(line => line.trim()).join(' '),
})

/** Which program makes SHA-256 sums, and how stat tells `mode,mtime,size,uid,gid,user,group,name`. */
const tools = `
  if command -v sha256sum; then opsctl_sha="sha256sum"; elif command -v shasum; then opsctl_sha="shasum -a 256";
  elif command -v openssl; then opsctl_sha="openssl dgst -sha256 -r"; else opsctl_sha="busybox sha256sum"; fi >/dev/null 2>&1;
  if stat -c %f / >/dev/null 2>&1; then opsctl_stat="-c %f,%Y,%s,%u,%g,%U,%G,%n"; else opsctl_stat="-f %Xp,%m,%z,%u,%g,%Su,%Sg,%N"; fi;
  export opsctl_sha opsctl_stat;`.replace(/\s*\n\s*/g, ' ')

/** Names as arguments: the names, what stat says, the sums of files, the targets of links. parseListing reads it. */
const describe = [
  'printf "%s\\0" "$@"; printf "\\0";',
  'stat $opsctl_stat "$@"; printf "\\0";',
  'for p do if [ -h "$p" ]; then :; elif [ -f "$p" ]; then printf "%s\\0" "$p"; fi; done | xargs -0 $opsctl_sha; printf "\\0";',
  'for p do if [ -h "$p" ]; then printf "%s\\0" "=$(readlink "$p"; echo .)"; fi; done; printf "\\0"',
].join(' ')

/** The path $1 as typed, from the home directory on, made absolute in $path. */
const typedPath = `case $1 in "~") path=$HOME;; "~/"*) path=$HOME/\${1#"~/"};; /*) path=$1;; *) path=$PWD/$1;; esac;`

const hasTar = 'if command -v tar >/dev/null 2>&1; then tar=tar; else tar=; fi;'

/**
 * Looks at a destination: $1 as typed, $2 set when it can only be a directory; names on stdin. Prints `into` or `rename`, the
 * directory into which is copied, the nearest directory that exists, `tar` where there is one, and a listing of what exists already.
 */
export const look = script(
  'look at the destination',
  tools,
  typedPath,
  hasTar,
  'if [ -d "$path" ] || [ -n "$2" ]; then place=into; base=$path; else place=rename; base=${path%/*}/; fi;',
  'anchor=$base; until [ -d "$anchor" ]; do anchor=${anchor%/*}; anchor=${anchor:-/}; done;',
  `printf "%s\\0" "$place" "$base" "$anchor" "$tar";`,
  '[ -d "$base" ] || exit 0; cd "$base" || exit;',
  'if [ "$place" = rename ]; then printf "%s\\0" "./${path##*/}"; else cat; fi |',
  'xargs -0 sh -c "$3" sh | xargs -0 sh -c "$4" sh 2>/dev/null; :',
)

/** Arguments 3 and 4 of `look`. */
export const lookParts: readonly [string, string] = [
  'for p do if [ -e "$p" ] || [ -h "$p" ]; then printf "%s\\0" "$p"; fi; done',
  `if [ $# -gt 0 ]; then ${describe}; fi`,
]

/** Moves what is in the directory $1 into the directory $2, which exists, each file by one rename. */
const merge = `
  merge() {
  find "$1/." -name . -o -type d -prune -o -exec sh -c 'mv -f -- "$@" "$0"' "$2/" {} +;
  for d in "$1"/* "$1"/.*; do case \${d##*/} in .|..) continue;; esac; [ -d "$d" ] || continue; [ -h "$d" ] && continue;
  if [ -d "$2/\${d##*/}" ]; then merge "$d" "$2/\${d##*/}" || return 1; else mv -- "$d" "$2/" || return 1; fi; done; };`.replace(
  /\s*\n\s*/g,
  ' ',
)

/**
 * Receives a tar stream on stdin in the private directory $1, checks it, and puts it in place below $2, owned by $3 unless empty.
 * The stream holds the tree in t/, and beside it: `names` of its files, their `sums` in that order, `late` (pairs of mode and name for
 * after the move) and at the very end `end`. Whatever happens, the private directory is gone afterwards.
 */
export const receive = script(
  'receive the files',
  'stage=$1 base=$2 owner=$3; mask=$(umask); umask 077;',
  tools,
  'clean() { cd /; rm -rf -- "$stage"; };',
  'die() { clean; printf "%s\\n" "$1" >&2; exit 1; };',
  'mkdir -- "$stage" || exit 1;',
  'trap "clean; exit 129" HUP; trap "clean; exit 130" INT; trap "clean; exit 143" TERM;',
  // GNU tar tells of a full disk as of bytes that were not written.
  'full() { set -- $(df -P -k "$stage" | tail -n 1); [ "${4:-64}" -lt 64 ] && echo "no space left on the device" >&2; };',
  'EXTRACT_UNSAFE_SYMLINKS=1 tar -x -p -o -f - -C "$stage" || { full; die "tar could not unpack what was sent"; };',
  '[ -f "$stage/end" ] || die "what was sent ended early";',
  'cd "$stage/t" || die "nothing was sent";',
  'if [ -s ../names ]; then xargs -0 $opsctl_sha <../names | sed -n "s/^[\\]\\{0,1\\}\\([0-9a-f]\\{64\\}\\) .*/\\1/p" >../theirs;',
  'cmp -s ../sums ../theirs || { cat ../theirs; die "a SHA-256 there differs from the one here"; }; fi;',
  '[ -z "$owner" ] || chown -R -h -- "$owner" . || die "the owner could not be set";',
  '(umask "$mask"; mkdir -p -- "$base") || die "the destination could not be made";',
  merge,
  'merge "$stage/t" "$base" || die "not everything could be put in place";',
  '[ -z "$(find . -type d -o -print | head -n 1)" ] || die "not everything could be put in place";',
  'if [ -s ../late ]; then cd "$base" && xargs -0 -n 2 chmod <"$stage/late" || die "a mode could not be set"; fi;',
  'clean',
)

/** Removes the private directory $1: for when `receive` could not. */
export const removeStage = script('clean up', 'rm -rf -- "$1"')

/** Makes directories below $1, owned by $2 unless empty (pairs of mode and name on stdin), for hosts without tar. */
export const makeDirectories = script(
  'make directories',
  'mkdir -p -- "$1" && cd "$1" && owner=$2 xargs -0 -n 2 sh -c \'[ $# -gt 0 ] || exit 0;',
  'mkdir -- "$1" && { [ -z "$owner" ] || chown -- "$owner" "$1"; } && chmod -- "$0" "$1"\'',
)

/** Makes symbolic links below $1, owned by $2 unless empty (pairs of target and name on stdin), for hosts without tar. */
export const makeLinks = script(
  'make symbolic links',
  'cd "$1" && owner=$2 xargs -0 -n 2 sh -c \'[ $# -gt 0 ] || exit 0;',
  'ln -sfn -- "$0" "$1" && { [ -z "$owner" ] || chown -h -- "$owner" "$1"; }\'',
)

/** The path $1 as typed: goes where it is, with its name there in $root. A link that was named is followed. */
const enter = [
  typedPath,
  'if [ -d "$path" ]; then cd "$path" || exit; root=.;',
  'elif [ -e "$path" ] || [ -h "$path" ]; then',
  'if [ -h "$path" ]; then path=$(readlink -f "$path") || exit; fi;',
  'cd "${path%/*}/" || exit; root=./${path##*/};',
  'else ls -d "$path" >/dev/null; exit 1; fi;',
].join(' ')

/** Prints `directory` or `file`, `tar` where there is one, and a listing of all that $1 names. */
export const list = script(
  'list the files',
  tools,
  enter,
  hasTar,
  'if [ "$root" = . ]; then kind="directory"; else kind="file"; fi;',
  `printf "%s\\0" "$kind" "$tar";`,
  'find "$root" -exec sh -c "$2" sh {} +',
)

/** Argument 2 of `list`. */
export const listPart = describe

/** Prints a tar stream of the files that stdin names, below what $1 names. */
export const send = script(
  'send the files',
  enter,
  'COPYFILE_DISABLE=1; export COPYFILE_DISABLE;',
  'case $(tar --version 2>/dev/null) in *GNU*) exec tar -c -f - --hard-dereference --null -T -;;',
  '*bsdtar*) exec tar -c -f - --null -T -;; *) tr "\\0" "\\n" | tar -c -f - -T -;; esac',
)

/** Prints size, SHA-256 and content of the file $2 below what $1 names, all of one moment of a file that only grows. */
export const sendOne = script(
  'send a file',
  tools,
  enter,
  'size=$(wc -c <"$2") && size=$((size)) && sum=$(head -c "$size" <"$2" | $opsctl_sha) || exit;',
  `printf "%s %s\\n" "$size" "\${sum%% *}"; head -c "$size" <"$2"`,
)
