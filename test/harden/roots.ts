import { type Sandbox, startSandbox } from '../plan/sandbox.ts'

/** Settings of the kernel that a namespace does not have of its own: files take their place. */
const kernelSettings = ['kernel/randomize_va_space', 'kernel/kptr_restrict', 'kernel/dmesg_restrict', 'fs/suid_dumpable']

const common = `
rm -f /etc/sysctl.d/* /etc/sudoers.d/* /etc/ssh/sshd_config.d/* /etc/*-
mount -t tmpfs tmpfs /usr/lib/sysctl.d
: >/etc/sysctl.conf
for name in ${kernelSettings.join(' ')}; do mkdir -p "/run/fake/\${name%/*}"; : >"/run/fake/$name"; mount --bind "/run/fake/$name" "/proc/sys/$name"; done
set_all() { for key do file=/proc/sys/$(echo "\${key%%=*}" | tr . /); echo "\${key#*=}" >"$file"; done; }
ssh-keygen -q -t ed25519 -N '' -f /run/key </dev/null
rm -f /etc/ssh/ssh_host_*; cp /run/key /etc/ssh/ssh_host_ed25519_key; cp /run/key.pub /etc/ssh/ssh_host_ed25519_key.pub
printf '%s\\n' root:x:0:0:root:/root:/bin/bash www-data:x:33:33::/var/www:/usr/sbin/nologin sync:x:4:65534::/bin:/bin/sync sshd:x:100:65534::/run/sshd:/usr/sbin/nologin nobody:x:65534:65534::/:/usr/sbin/nologin deploy:x:1000:1000::/home/deploy:/bin/bash >/etc/passwd
printf '%s\\n' root:x:0: shadow:x:42: www-data:x:33: deploy:x:1000: nogroup:x:65534: >/etc/group
printf '%s\\n' 'root:$y$j9T$abc$def:19700:0:99999:7:::' 'www-data:*:19700:0:99999:7:::' 'sync:*:19700::::::' 'sshd:!:19700::::::' 'nobody:*:19700::::::' 'deploy:$6$abc$def:19700:0:90:7:::' >/etc/shadow
printf '%s\\n' 'root:*::' 'shadow:*::' 'www-data:!::' >/etc/gshadow
rm -rf /etc/cron*; mkdir /etc/cron.d /etc/cron.daily; echo 'SHELL=/bin/sh' >/etc/crontab
chown root:root /etc/passwd /etc/group /etc/crontab /etc/cron.d /etc/cron.daily /etc/ssh/*; chown root:shadow /etc/shadow /etc/gshadow
`

/** The order matters: forwarding changes what redirects do. */
const goodSettings = [
  'net.ipv4.ip_forward=0',
  'net.ipv6.conf.all.forwarding=0',
  ...['all', 'default'].flatMap(which => [
    `net.ipv4.conf.${which}.accept_redirects=0`,
    `net.ipv6.conf.${which}.accept_redirects=0`,
    `net.ipv4.conf.${which}.send_redirects=0`,
    `net.ipv4.conf.${which}.accept_source_route=0`,
    `net.ipv6.conf.${which}.accept_source_route=0`,
    `net.ipv4.conf.${which}.rp_filter=1`,
  ]),
  'net.ipv4.tcp_syncookies=1',
  'kernel.randomize_va_space=2',
  'kernel.kptr_restrict=1',
  'kernel.dmesg_restrict=1',
  'fs.suid_dumpable=0',
]

const bad = new Map([
  ['kernel.randomize_va_space', '1'],
  ['fs.suid_dumpable', '2'],
])
const badSettings = goodSettings.map(setting => {
  const [key = '', good] = setting.split('=')
  return `${key}=${bad.get(key) ?? (good === '0' ? '1' : '0')}`
})

const good = `${common}
set_all ${goodSettings.join(' ')}
printf '%s\\n' ${goodSettings
  .map(setting => setting.replace('=', "' = '").replace(/^|$/g, "'"))
  .join(' ')
  .replaceAll("' = '", ' = ')} >/etc/sysctl.d/60-base.conf
cat >/etc/ssh/sshd_config <<END
Include /etc/ssh/sshd_config.d/*.conf
PermitRootLogin no
PermitEmptyPasswords no
X11Forwarding no
MaxAuthTries 4
ClientAliveInterval 300
ClientAliveCountMax 3
LoginGraceTime 60
LogLevel VERBOSE
HostbasedAuthentication no
IgnoreRhosts yes
PermitUserEnvironment no
Ciphers aes256-gcm@openssh.com,aes256-ctr
MACs hmac-sha2-512-etm@openssh.com
KexAlgorithms curve25519-sha256
END
chmod 600 /etc/ssh/sshd_config /etc/ssh/ssh_host_ed25519_key /etc/crontab; chmod 700 /etc/cron.*
chmod 644 /etc/passwd /etc/group; chmod 640 /etc/shadow /etc/gshadow
printf 'PASS_MAX_DAYS\\t365\\nPASS_WARN_AGE\\t7\\n' >/etc/login.defs
printf 'Defaults use_pty\\nDefaults logfile="/var/log/sudo.log"\\nroot ALL=(ALL:ALL) ALL\\n' >/etc/sudoers; chmod 440 /etc/sudoers
`

/** sshd itself refuses a key that others may read, and starts with the one that is left. */
const wrong = `${common}
set_all ${badSettings.join(' ')}
cat >/etc/ssh/sshd_config <<END
Include /etc/ssh/sshd_config.d/*.conf
UsePAM yes
PermitRootLogin yes
PermitEmptyPasswords yes
X11Forwarding yes
MaxAuthTries 10
ClientAliveInterval 0
LoginGraceTime 10m
LogLevel QUIET
HostbasedAuthentication yes
IgnoreRhosts no
PermitUserEnvironment yes
Ciphers aes256-ctr,aes128-cbc,3des-cbc
MACs hmac-sha2-256,hmac-md5
KexAlgorithms curve25519-sha256,diffie-hellman-group14-sha1
END
printf '%s\\n' toor:x:0:0::/root:/bin/bash 'guest:x:1001:1001::/home/guest:/bin/sh' 'postgres:x:110:110::/var/lib/postgresql:/bin/bash' '+::::::' >>/etc/passwd
printf '%s\\n' 'toor:!:19700::::::' 'guest::19700:0:99999:7:::' 'postgres:*:19700::::::' >>/etc/shadow
chmod 664 /etc/ssh/sshd_config; cp /run/key /etc/ssh/ssh_host_rsa_key; chmod 600 /etc/ssh/ssh_host_ed25519_key; chmod 644 /etc/ssh/ssh_host_rsa_key /etc/crontab /etc/shadow /etc/gshadow; chmod 755 /etc/cron.*; chmod 666 /etc/passwd; chmod 664 /etc/group
printf 'PASS_MAX_DAYS\\t99999\\nPASS_MIN_DAYS\\t0\\nPASS_WARN_AGE\\t3\\n' >/etc/login.defs
printf 'Defaults env_reset\\nDefaults !authenticate\\nroot ALL=(ALL:ALL) ALL\\n%%sudo ALL=(ALL:ALL) NOPASSWD: ALL\\n@includedir /etc/sudoers.d\\n' >/etc/sudoers; chmod 440 /etc/sudoers
`

/** Right and wrong in ways that a quick look does not see. */
const odd = `${common}
set_all ${goodSettings.join(' ')}
printf '%s\\n' 'net.ipv4.conf.*.rp_filter=2' '-net/ipv4/conf/all/send_redirects = 0' ' net.ipv4.conf.default.send_redirects=0 ' >/etc/sysctl.d/10-odd.conf
printf '%s\\n' '# by hand' 'net.ipv4.ip_forward = 1' 'net.ipv4.ip_forward=1' >/etc/sysctl.conf
printf '%s\\n' 'kernel.randomize_va_space = 0' >/usr/lib/sysctl.d/99-vendor.conf
set_all net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.default.rp_filter=2
printf 'X11Forwarding=yes\\n' >/etc/ssh/sshd_config.d/00-desk.conf
printf 'LogLevel DEBUG\\n' >/etc/ssh/sshd_config.d/50-debug.conf
printf 'MaxAuthTries 9\\n' >/etc/ssh/sshd_config.d/ignored.txt
cat >/etc/ssh/sshd_config <<END
maxauthtries 10
Include sshd_config.d/*.conf
  LoginGraceTime   "1m30s"
MaxAuthTries 3
PermitRootLogin no
ClientAliveInterval 5m
Match User backup
  PermitEmptyPasswords yes
Match Address 10.0.0.0/8
  PermitRootLogin yes
END
printf '%s\\n' '+@admins::::::' 'games:x:5:60::/usr/games:' >>/etc/passwd
printf 'old:$1$abc$def:19700::::::\\n' >>/etc/shadow
chmod 400 /etc/ssh/sshd_config; chmod 600 /etc/ssh/ssh_host_ed25519_key; chown root:33 /etc/shadow; chmod 640 /etc/shadow /etc/gshadow; chown 1000 /etc/crontab; chmod 700 /etc/cron.*; chmod 4644 /etc/passwd; chmod 600 /etc/group
printf 'PASS_MAX_DAYS 90\\n\\tPASS_WARN_AGE\\t14\\nPASS_MAX_DAYS -1\\n' >/etc/login.defs
printf 'Defaults env_reset, \\\\\\n  use_pty, logfile=/var/log/sudo.log\\n#1000 ALL=(ALL) PASSWD: ALL\\n#includedir /etc/sudoers.d\\n' >/etc/sudoers
printf 'Defaults !use_pty\\n' >/etc/sudoers.d/10-old; printf 'deploy ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/left.bak; chmod 440 /etc/sudoers /etc/sudoers.d/*
`

export const roots = { good, bad: wrong, odd } as const
export type RootName = keyof typeof roots

/** This machine as one of the roots: nothing outside of it is changed. Ask `needs('root', 'mount', 'netns', 'sshd', 'sudo')` first. */
export const startRoot = (name: RootName, directory: string): Promise<Sandbox> => startSandbox({ directory, setUp: roots[name] })

/** Everything in a root that a fix may change and an undo must bring back. */
export async function fingerprintOf({ sh }: Sandbox): Promise<string> {
  const settings = goodSettings.map(setting => `/proc/sys/${setting.replace(/=.*/, '').replaceAll('.', '/')}`)
  return sh(`cd /etc && find ssh sudoers sudoers.d sysctl.conf sysctl.d cron* login.defs passwd group shadow gshadow -exec stat -c '%n %a %u:%g %F' {} + | sort
find ssh sudoers sudoers.d sysctl.conf sysctl.d cron* login.defs passwd group shadow gshadow -type f -exec sha256sum {} + | sort
for file in ${settings.join(' ')}; do echo "$file $(cat $file)"; done`)
}
