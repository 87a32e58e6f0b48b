import { hostScript } from '../../transport/host-script.ts'

/**
 * Runs oscap on a host, at low priority: `PROFILE sent|FILE|"" RULE...`. The content is on stdin (`sent`), a file there, or that of the
 * host's own system where nothing is named. Prints the status and a NUL, then the results; nothing is left behind.
 */
export const oscapScript = hostScript(
  'run oscap',
  'profile=$1 content=$2; shift 2; for rule do shift; set -- "$@" --rule "$rule"; done;',
  'command -v oscap >/dev/null || { echo "oscap is not installed (openscap-scanner)" >&2; exit 127; };',
  'work=$(mktemp -d) || exit 1; trap "rm -rf -- \\"\\$work\\"" EXIT; trap "exit 1" HUP INT TERM;',
  'if [ "$content" = sent ]; then content=$work/content.xml; cat >"$content" || exit 1;',
  'elif [ -z "$content" ]; then . /etc/os-release; release=$(printf %s "$VERSION_ID" | tr -d .);',
  'case $ID in rocky|rhel|ol|centos|almalinux) release=${VERSION_ID%%.*};; esac;',
  'for name in "$ID$release" "$ID" "rhel$release"; do file=/usr/share/xml/scap/ssg/content/ssg-$name-ds.xml;',
  'if [ -z "$content" ] && [ -f "$file" ]; then content=$file; fi; done;',
  'if [ -z "$content" ]; then echo "there is no content for $ID $VERSION_ID below /usr/share/xml/scap/ssg/content" >&2; exit 1; fi; fi;',
  'quietly=; if command -v ionice >/dev/null; then quietly="ionice -c 3"; fi;',
  '$quietly nice -n 19 oscap xccdf eval --profile "$profile" "$@" --results "$work/results.xml" "$content" >/dev/null; code=$?;',
  'printf "%s\\0" $code; if [ -s "$work/results.xml" ]; then cat "$work/results.xml"; fi',
)
