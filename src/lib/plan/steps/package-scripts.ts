import { type HostScript, hostScript } from '../../transport/host-script.ts'

const findManager =
  'if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then manager=apt; ' +
  'elif command -v dnf >/dev/null; then manager=dnf; elif command -v yum >/dev/null; then manager=yum; ' +
  'else echo "there is no apt-get, dnf or yum" >&2; exit 1; fi;'

/** Nobody is asked anything, changed configuration files stay, and another apt that holds the lock is waited for. */
const apt =
  'export DEBIAN_FRONTEND=noninteractive LC_ALL=C; ' +
  'apt() { apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 --allow-downgrades "$@" </dev/null; };'

/**
 * Looks at the package $1. $2 is empty or how apt would be called for it: `install`, `remove`. $3 is the version that is asked for.
 * Prints the manager, the version that is installed or nothing, and what apt says that it would do.
 */
export const lookAtPackage = (name: string): HostScript =>
  hostScript(
    `look at the package ${name}`,
    findManager,
    apt,
    'version=; plan=; if [ $manager = apt ]; then',
    'case $(dpkg-query -W -f "\\${db:Status-Abbrev}|" -- "$1" 2>/dev/null) in ?i*) version=$(dpkg-query -W -f "\\${Version} " -- "$1") || exit 1;; esac;',
    'if [ -n "$2" ]; then plan=$(apt -s "$2" -- "$1${3:+=$3}") || exit 1; fi;',
    'elif rpm -q --quiet -- "$1"; then version=$(rpm -q --qf "%{VERSION}-%{RELEASE} " -- "$1") || exit 1; fi;',
    'printf "%s\\0" "$manager" "${version%% *}" "$plan"',
  )

/** The known states of packages for dpkg, `NAME STATE VERSION` a line; of those it does not know nothing is said. */
export const listPackages = hostScript(
  'look at the packages',
  'dpkg-query -W -f "\\${binary:Package} \\${db:Status-Abbrev}\\${Version}\\n" -- "$@" 2>/dev/null; :',
)

/** Prints what apt would do with the words of the arguments. */
export const simulateApt = hostScript('ask apt for the way back', apt, 'apt -s "$@"')

/** Ends what an interrupted dpkg left; whether it could is seen by the next call of apt. */
export const settleDpkg = hostScript(
  'settle dpkg',
  'DEBIAN_FRONTEND=noninteractive dpkg --configure -a --force-confdef --force-confold </dev/null >/dev/null 2>&1; :',
)

/** Calls apt with the arguments. Its output goes to stderr, for the message when it fails. */
export const runApt = (does: string): HostScript => hostScript(does, apt, 'apt "$@" >&2')

/** Installs ($1 `install`), or removes ($1 `remove`) the package $2, in the version $3 unless empty. */
export const runDnf = (does: string): HostScript =>
  hostScript(
    does,
    findManager,
    'name=$2${3:+-$3}; if [ "$1" = install ] && [ -n "$3" ] && rpm -q --quiet -- "$2"; then',
    '$manager -q -y downgrade "$name" >&2 </dev/null || $manager -q -y install "$name" >&2 </dev/null || exit 1;',
    'else $manager -q -y "$1" "$name" >&2 </dev/null || exit 1; fi',
  )
