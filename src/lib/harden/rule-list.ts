import type { Rule } from '../core/rule.ts'
import accountsEmptyPasswords from './rules/accounts-empty-passwords.ts'
import accountsLegacyEntries from './rules/accounts-legacy-entries.ts'
import accountsPasswordAgeing from './rules/accounts-password-ageing.ts'
import accountsSystemShells from './rules/accounts-system-shells.ts'
import accountsUidZero from './rules/accounts-uid-zero.ts'
import filesCrontab from './rules/files-crontab.ts'
import filesPasswd from './rules/files-passwd.ts'
import filesShadow from './rules/files-shadow.ts'
import filesSshHostKeys from './rules/files-ssh-host-keys.ts'
import filesSshdConfig from './rules/files-sshd-config.ts'
import sshdCiphers from './rules/sshd-ciphers.ts'
import sshdClientAlive from './rules/sshd-client-alive.ts'
import sshdHostbasedAuthentication from './rules/sshd-hostbased-authentication.ts'
import sshdKexAlgorithms from './rules/sshd-kex-algorithms.ts'
import sshdLogLevel from './rules/sshd-log-level.ts'
import sshdLoginGraceTime from './rules/sshd-login-grace-time.ts'
import sshdMacs from './rules/sshd-macs.ts'
import sshdMaxAuthTries from './rules/sshd-max-auth-tries.ts'
import sshdPermitEmptyPasswords from './rules/sshd-permit-empty-passwords.ts'
import sshdPermitRootLogin from './rules/sshd-permit-root-login.ts'
import sshdPermitUserEnvironment from './rules/sshd-permit-user-environment.ts'
import sshdX11Forwarding from './rules/sshd-x11-forwarding.ts'
import sudoAuthenticate from './rules/sudo-authenticate.ts'
import sudoLogfile from './rules/sudo-logfile.ts'
import sudoNopasswd from './rules/sudo-nopasswd.ts'
import sudoUsePty from './rules/sudo-use-pty.ts'
import sysctlAcceptRedirects from './rules/sysctl-accept-redirects.ts'
import sysctlAcceptSourceRoute from './rules/sysctl-accept-source-route.ts'
import sysctlIpForward from './rules/sysctl-ip-forward.ts'
import sysctlKernelAddresses from './rules/sysctl-kernel-addresses.ts'
import sysctlRandomizeVaSpace from './rules/sysctl-randomize-va-space.ts'
import sysctlRpFilter from './rules/sysctl-rp-filter.ts'
import sysctlSendRedirects from './rules/sysctl-send-redirects.ts'
import sysctlSuidDumpable from './rules/sysctl-suid-dumpable.ts'
import sysctlTcpSyncookies from './rules/sysctl-tcp-syncookies.ts'

/**
 * Every rule, in the order in which they are judged and fixed. A step that fixes one is built without the registry, so they are named
 * here as well; a test compares this list with the folder.
 */
export const allRules = (): Rule[] =>
  [
    accountsEmptyPasswords,
    accountsLegacyEntries,
    accountsPasswordAgeing,
    accountsSystemShells,
    accountsUidZero,
    filesCrontab,
    filesPasswd,
    filesShadow,
    filesSshHostKeys,
    filesSshdConfig,
    sshdCiphers,
    sshdClientAlive,
    sshdHostbasedAuthentication,
    sshdKexAlgorithms,
    sshdLogLevel,
    sshdLoginGraceTime,
    sshdMacs,
    sshdMaxAuthTries,
    sshdPermitEmptyPasswords,
    sshdPermitRootLogin,
    sshdPermitUserEnvironment,
    sshdX11Forwarding,
    sudoAuthenticate,
    sudoLogfile,
    sudoNopasswd,
    sudoUsePty,
    sysctlAcceptRedirects,
    sysctlAcceptSourceRoute,
    sysctlIpForward,
    sysctlKernelAddresses,
    sysctlRandomizeVaSpace,
    sysctlRpFilter,
    sysctlSendRedirects,
    sysctlSuidDumpable,
    sysctlTcpSyncookies,
  ].map(component => component.build({}))
