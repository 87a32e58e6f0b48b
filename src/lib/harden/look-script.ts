import { hostScript } from '../transport/host-script.ts'

/** Fields of one record that lookScript prints; each ends with a NUL. */
export const recordFields = 5

/** Longer texts are cut off there. */
export const textLimit = 262_144

/**
 * Everything that rules look at, in one go; changes nothing. Arguments are pairs: `text PATTERN`, `path PATTERN`, `sysctl NAME=PATH`,
 * `sshd -`, `accounts -`. Prints records:
 *
 *     text PATTERN PATH text|absent|denied CONTENT
 *     path PATTERN PATH file|directory|other|absent|denied MODE/UID/GID/USER/GROUP/+ (with an access list) or nothing
 *     sysctl NAME PATH ok|absent|denied VALUE
 *     sshd VIEW - ok|absent|error OUTPUT
 *     user|shadow|group NAME STATE REST -
 *
 * A hash of a password is reduced to its state here: it never leaves the host.
 */
export const lookScript = hostScript(
  'look at the settings',
  'tell() { printf "%s\\0" "$@"; };',
  // What stands in a directory that may not be read is denied, not absent.
  'seen() { up=${1%/*}; until [ -e "${up:-/}" ]; do up=${up%/*}; done; [ -x "${up:-/}" ] && [ -r "${up:-/}" ]; };',
  'missing() { if seen "$2"; then tell "$1" "$2" "$2" absent ""; else tell "$1" "$2" "$2" denied ""; fi; };',
  'texts() { found=; IFS=; for file in $1; do if [ -f "$file" ]; then found=yes;',
  'if [ -r "$file" ]; then tell text "$1" "$file" text;',
  `head -c ${textLimit} "$file" | tr -d "\\000"; printf "\\0"; else tell text "$1" "$file" denied ""; fi;`,
  // A link to /dev/null or to nothing, as who hides a file of that name puts there.
  'elif [ -e "$file" ] || [ -h "$file" ]; then found=yes; to=$(readlink "$file"); case $to in /*) ;; *) to=${file%/*}/$to;; esac;',
  'if [ -e "$file" ] || seen "$to"; then tell text "$1" "$file" text ""; else tell text "$1" "$file" denied ""; fi; fi; done;',
  'if [ -z "$found" ]; then missing text "$1"; fi; };',
  'paths() { found=; IFS=; for file in $1; do if [ -e "$file" ]; then found=yes; kind=other;',
  'if [ -f "$file" ]; then kind=file; elif [ -d "$file" ]; then kind=directory; fi;',
  'more=; case $(ls -dlL -- "$file" 2>/dev/null) in ??????????+*) more=+;; esac;',
  'tell path "$1" "$file" $kind "$(stat -L -c %a/%u/%g/%U/%G -- "$file")/$more"; fi; done;',
  'if [ -z "$found" ]; then missing path "$1"; fi; };',
  'setting() { name=${1%%=*} file=${1#*=}; if [ -e "$file" ]; then if value=$(cat "$file" 2>/dev/null); then',
  'tell sysctl "$name" "$file" ok "$value"; else tell sysctl "$name" "$file" denied ""; fi; else tell sysctl "$name" "$file" absent ""; fi; };',
  // Debian makes /run/sshd when the daemon starts. Where it does not run, it gets one in a mount namespace that ends with it.
  'try() { "$daemon" "$@" 2>/dev/null || unshare -m sh -c "mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec \\"\\$@\\"" sh "$daemon" "$@" 2>/dev/null; };',
  'whom=host=opsctl.invalid,addr=203.0.113.1,laddr=203.0.113.2,lport=22;',
  'daemon() { daemon=$(command -v sshd || command -v /usr/sbin/sshd || command -v /usr/local/sbin/sshd);',
  'if [ -z "$daemon" ]; then tell sshd "" - absent ""; return; fi;',
  'if said=$(try -T) || said=$(try -T -C user=nobody,$whom); then tell sshd "" - ok "$said";',
  'else tell sshd "" - error "$("$daemon" -T 2>&1 >/dev/null | tail -n 1)"; return; fi;',
  'if said=$(try -T -C user=root,$whom); then tell sshd root - ok "$said"; fi; };',
  // A history of csh has no place for the sign itself.
  'bang=$(printf "\\041");',
  'reduce() { case $1 in "") state=empty;; x) state=shadowed;; "$bang"*|"*"*) state=locked;; "\\$1\\$"*|"\\$md5"*) state=weak;; "\\$"*) state=set;;',
  '?????????????|_*) state=weak;; *) state=locked;; esac; };',
  'accounts() {',
  'while IFS=: read -r name hash uid gid comment home shell || [ -n "$name" ]; do reduce "$hash"; tell user "$name" $state "$uid:$gid:$home:$shell" -; hash=; done </etc/passwd;',
  'while IFS=: read -r name hash gid members || [ -n "$name" ]; do tell group "$name" - "$gid:$members" -; done </etc/group;',
  'if [ -r /etc/shadow ]; then while IFS=: read -r name hash rest || [ -n "$name" ]; do reduce "$hash"; tell shadow "$name" $state - -; hash=; done </etc/shadow;',
  'elif [ -e /etc/shadow ]; then tell shadow "" denied - -; else tell shadow "" absent - -; fi; };',
  'while [ $# -gt 0 ]; do case $1 in',
  'text) texts "$2";; path) paths "$2";; sysctl) setting "$2";; sshd) daemon;; accounts) accounts;; esac; shift 2; done',
)
