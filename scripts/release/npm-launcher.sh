#!/bin/sh
# Starts the program of the platform package that npm installed beside this one.
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname -- "$self")/$link ;; esac
done
here=$(CDPATH='' cd -P -- "$(dirname -- "$self")/.." && pwd)
case $(uname -s) in Linux) os=linux ;; Darwin) os=darwin ;; *) os=unsupported ;; esac
case $(uname -m) in x86_64 | amd64) cpu=x64 ;; aarch64 | arm64) cpu=arm64 ;; *) cpu=unsupported ;; esac
# Packages lie beside this one, or below it when npm could not put them there.
for packages in "$here/../@opsctl" "$here/node_modules/@opsctl"; do
  program=$packages/$os-$cpu/bin/opsctl
  other=$packages/$os-$cpu-musl/bin/opsctl
  # An npm that does not know of libc installs both: the one that cannot be loaded is passed over.
  if [ -x "$other" ]; then
    if [ ! -x "$program" ] || ! "$program" --version >/dev/null 2>&1; then program=$other; fi
  fi
  if [ -x "$program" ]; then exec "$program" "$@"; fi
done
echo "opsctl: npm did not install @opsctl/$os-$cpu, the program for this machine" >&2
echo "hint: install opsctl again without --omit=optional" >&2
exit 70
