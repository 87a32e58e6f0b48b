#!/bin/sh
# Installs opsctl: picks the program for this machine, verifies its checksum, puts it in place with man pages and completions.
#
#   sh install.sh [--user | --system | --prefix DIR] [--target NAME]
#
# It takes the release from OPSCTL_BASE_URL (a directory, or an https address), else from the directory it lies in.
set -eu
# What a caller has set for himself must not change what is installed: a hardened root has umask 077, and nobody else could run it.
umask 022
unset CDPATH TAR_OPTIONS GZIP GREP_OPTIONS

say() { printf 'opsctl install: %s\n' "$*"; }
fail() {
  printf 'opsctl install: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

prefix=
target=
while [ $# -gt 0 ]; do
  case $1 in
    --user) prefix=${HOME:?has no value}/.local ;;
    --system) prefix=/usr/local ;;
    --prefix) prefix=${2:?--prefix takes a directory}; shift ;;
    --target) target=${2:?--target takes a name, as in linux-x64}; shift ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "$1 is no option" 'sh install.sh --help' ;;
  esac
  shift
done
if [ -z "$prefix" ]; then
  if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=${HOME:?has no value: give --prefix}/.local; fi
fi

case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac

machine() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "there is no opsctl for $(uname -s)" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) cpu=x64 loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64 | arm64) cpu=arm64 loader=/lib/ld-linux-aarch64.so.1 ;;
    *) fail "there is no opsctl for $(uname -m)" ;;
  esac
  # A shell under Rosetta says x86_64 on a machine that is not.
  if [ "$os" = darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null || echo 0)" = 1 ]; then cpu=arm64; fi
  libc=
  if [ "$os" = linux ] && [ ! -e "$loader" ]; then
    for musl in /lib/ld-musl-*; do [ ! -e "$musl" ] || libc=-musl; done
  fi
  echo "$os-$cpu$libc"
}
[ -n "$target" ] || target=$(machine)

base=${OPSCTL_BASE_URL:-}
if [ -z "$base" ]; then
  base=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd)
  [ -f "$base/SHA256SUMS" ] || fail 'no release is here' 'set OPSCTL_BASE_URL to the address or the directory of one'
fi

fetch() { # NAME FILE
  case $base in
    http://127.0.0.1:* | https://*)
      if has curl; then curl -fsSL --retry 2 -o "$2" "$base/$1"
      elif has wget; then wget -q -O "$2" "$base/$1"
      else fail 'neither curl nor wget is installed' "download the release and set OPSCTL_BASE_URL to its directory"; fi ;;
    http://*) fail "$base is not encrypted: what comes from it could be anything" 'use an https address or a directory' ;;
    *) cp -- "${base#file://}/$1" "$2" ;;
  esac || fail "cannot get $1 from $base"
}
sum() {
  if has sha256sum; then sha256sum <"$1"
  elif has shasum; then shasum -a 256 <"$1"
  elif has openssl; then openssl dgst -sha256 -r <"$1"
  else fail 'no sha256sum, shasum or openssl: the checksum cannot be verified'; fi | cut -d' ' -f1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/opsctl-install.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

fetch SHA256SUMS "$work/SHA256SUMS"
line=$(grep -E "^[0-9a-f]{64}  opsctl-[^/]*-$target\.tar\.gz\$" "$work/SHA256SUMS") ||
  fail "this release has no program for $target" "it has: $(sed -n 's/^[0-9a-f]*  opsctl-[0-9][^-]*-\(.*\)\.tar\.gz$/\1/p' "$work/SHA256SUMS" | tr '\n' ' ')"
archive=${line#*  }
fetch "$archive" "$work/opsctl.tar.gz"
found=$(sum "$work/opsctl.tar.gz")
[ "$found" = "${line%%  *}" ] || fail "$archive has the checksum $found, SHA256SUMS says ${line%%  *}" 'download it again; if that does not help, do not use it'

gzip -dc "$work/opsctl.tar.gz" | (cd "$work" && tar -xf -)
new=$work/${archive%.tar.gz}
# A program that cannot start here must not take the place of one that can.
if ! version=$("$new/bin/opsctl" --version 2>"$work/error"); then
  cat "$work/error" >&2
  case $target in
    *-musl) fail "$archive does not start on this machine" 'on Alpine it needs the C++ library: apk add libstdc++' ;;
    *) fail "$archive does not start on this machine" 'is the directory for temporary files mounted noexec? set TMPDIR to another' ;;
  esac
fi

mkdir -p -- "$prefix/bin" || fail "cannot write to $prefix" 'use --user, or --prefix with a directory of yours'
cd "$new"
find . -type f | while read -r file; do
  mkdir -p -- "$prefix/$(dirname "$file")"
  [ ! -d "$prefix/$file" ] || fail "$prefix/${file#./} is a directory" 'remove it, or use --prefix with another directory'
  # By rename, so that a running opsctl keeps its program and nobody sees half of one.
  cp -- "$file" "$prefix/$file.new$$"
  mv -f -- "$prefix/$file.new$$" "$prefix/$file"
done
say "$version is in $prefix/bin ($target)"
case :$PATH: in
  *:"$prefix/bin":*) ;;
  *) say "add $prefix/bin to PATH to call it by name" ;;
esac
