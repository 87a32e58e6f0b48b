import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type CleanRoot, cleanRoot } from '../helpers/clean-root.ts'
import { type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl, opsctlProgram } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

// What is learned from a host must hold of it at once: hosts with processes, network and /etc of their own, so that nothing comes and goes.

const patient = { deadlineMs: 100_000 }

/** Two like each other but for a port and a user, the first with services, and one with nothing but busybox behind its login. */
const setUp = (busyboxRoot: string): string => `set -e
mkdir -p /run/www; echo ok >/run/www/index.html
rm -f /etc/sysctl.d/* /etc/sysctl.conf
printf '# ours\\n net.ipv4.ip_forward = 0\\n-net.ipv4.conf.default.rp_filter=7\\nnet.ipv4.conf.*.rp_filter = 1\\nkernel.nothing = 1\\n' >/etc/sysctl.d/50-ours.conf
sed -n -i 's|^root:.*|root:*:0:0:root:/run/root:/bin/sh|p' /etc/passwd
printf 'sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\\nops:x:2000:2000::/run/root:/bin/sh\\n' >>/etc/passwd
busybox httpd -p 8080 -h /run/www
case $1 in
0) mkdir -p /run/openrc/started /run/openrc/failed /etc/runlevels/default /etc/runlevels/boot
   for name in web clock; do printf '#!/bin/sh\\n' >/etc/init.d/$name; ln -s /etc/init.d/$name /run/openrc/started/$name; done
   ln -s /etc/init.d/web /etc/runlevels/default/web; ln -s /etc/init.d/clock /etc/runlevels/boot/clock
   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /run/key -out /run/crt -days 90 -subj /CN=web1 -addext subjectAltName=DNS:web1.example 2>/dev/null
   cd /run/www; openssl s_server -accept 127.0.0.1:8443 -key /run/key -cert /run/crt -WWW >/dev/null 2>&1 </dev/null & ;;
1) busybox httpd -p 127.0.0.1:8081 -h /run/www
   printf 'eve:x:2001:2001::/run/root:/bin/sh\\n' >>/etc/passwd ;;
2) printf '%s\\n' '#!/bin/sh' "exec unshare --mount sh -c 'mkdir -p \\"\\$0/sys\\"; for at in dev proc sys; do mount --rbind /\\$at \\"\\$0/\\$at\\"; done; exec chroot \\"\\$0\\" /bin/sh \\"\\$@\\"' ${busyboxRoot} \\"\\$@\\"" >/run/shell
   chmod +x /run/shell; sed -i 's|^root:.*|root:*:0:0:root:/run/root:/run/shell|' /etc/passwd ;;
esac
`

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd', 'busybox', 'openssl'))('opsctl probe learn', () => {
  let machines: Machines
  let root: CleanRoot
  let scratch: TempDir
  beforeAll(async () => {
    root = await cleanRoot()
    await writeFile(join(root.path, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
    await writeFile(join(root.path, 'etc/group'), 'root:x:0:\n')
    scratch = await tempDir()
    machines = await startMachines({ count: 3, setUp: setUp(root.path) })
  }, 120_000)
  afterAll(async () => {
    await machines?.[Symbol.asyncDispose]()
    await scratch?.[Symbol.asyncDispose]()
    await root?.[Symbol.asyncDispose]()
  })

  const address = (index: number): string => machines.all[index]?.address ?? ''
  const ssh = (): string[] => ['--ssh-config', machines.sshConfigFile]

  /** Learns from hosts, then holds the file to what holds of it at once. */
  async function learn(hosts: readonly number[], ...flags: readonly string[]) {
    const file = join(scratch.path, `${hosts.join('-')}${flags.join('')}.yaml`)
    const learned = await opsctl(['probe', 'learn', ...hosts.map(address), ...ssh(), ...flags, '--output-file', file], patient)
    expect({ code: learned.code, stderr: learned.stderr }).toEqual({ code: 0, stderr: '' })
    const text = await readFile(file, 'utf8')
    expect((await opsctl(['probe', 'lint', file])).code).toBe(0)
    const probed = await opsctl(['probe', '-f', file, ...ssh(), '-o', 'json'], patient)
    const { items } = JSON.parse(probed.stdout)
    const bad = items.filter(({ verdict }: { verdict: string }) => verdict !== 'pass' && verdict !== 'warn')
    expect(bad).toEqual([])
    expect(probed.code).toBe(0)
    return { text, items, file: parse(text) }
  }

  test('writes of each host what runs and listens there', async () => {
    const { file, text } = await learn([0])
    expect(file.defaults).toEqual({ targets: address(0) })
    expect(file.checks).toContainEqual({ type: 'port', port: 2222 })
    expect(file.checks).toContainEqual({ type: 'port', port: 8080 })
    expect(file.checks).toContainEqual({
      name: 'no other ports',
      type: 'listening',
      allowed: [2222, 8080, '32768-60999'],
      sla: 'P2',
    })
    expect(file.checks).toContainEqual({ type: 'service', name: 'web', enabled: true })
    expect(file.checks).not.toContainEqual({ type: 'service', name: 'clock', enabled: true })
    expect(file.checks).toContainEqual({ type: 'user', name: 'ops', uid: 2000, home: '/run/root', shell: '/bin/sh', sla: 'P2' })
    expect(file.checks).toContainEqual({ type: 'kernel-parameter', name: 'net.ipv4.ip_forward', value: '0', sla: 'P2' })
    expect(text).toContain('  # sshd listens\n  - type: port\n    port: 2222\n')
    expect(text).toContain('  # openssl listens, on loopback only\n  - type: port\n    port: 8443\n')
    expect(text).toMatch(
      /# - kernel setting net\.ipv4\.conf\.default\.rp_filter: it is \d, and \/etc\/sysctl\.d\/50-ours\.conf says 7/,
    )
    expect(text).toMatch(/# - resolves: the resolver does not answer/)
  }, 120_000)

  test('writes once what several hosts share, and the rest for each', async () => {
    const { file, items } = await learn([0, 1])
    const ports = file.checks.filter(({ type }: { type: string }) => type === 'port')
    expect(ports).toEqual([
      { type: 'port', port: 2222 },
      { type: 'port', port: 8080 },
      { type: 'port', port: 8443, targets: address(0) },
      { type: 'port', port: 8081, targets: address(1) },
    ])
    expect(items.filter(({ name }: { name: string }) => name === 'port 2222')).toHaveLength(2)
    expect(file.checks).toContainEqual(expect.objectContaining({ type: 'user', name: 'eve', targets: address(1) }))
    // Nothing looks after services there.
    expect(file.checks).toContainEqual(expect.objectContaining({ type: 'process', name: 'sshd', targets: address(1) }))
  }, 120_000)

  test('gives the same file for the same hosts', async () => {
    const twice = await Promise.all([1, 2].map(() => opsctl(['probe', 'learn', '-t', address(1), ...ssh()], patient)))
    expect(twice[0]?.stdout).toBe(twice[1]?.stdout ?? '')
  }, 120_000)

  test('learns from a host with nothing but busybox', async () => {
    const { file } = await learn([2])
    expect(file.checks).toContainEqual({ type: 'port', port: 2222 })
    expect(file.checks).toContainEqual(expect.objectContaining({ type: 'user', name: 'root' }))
    expect(file.checks).toContainEqual({ type: 'process', name: 'sshd' })
  }, 120_000)

  test('asks ports what they speak when it may, through the host', async () => {
    const { file } = await learn([0], '--try')
    expect(file.checks).toContainEqual(
      expect.objectContaining({ endpoint: 'tls://127.0.0.1:8443', server_name: 'web1.example', from: 'host' }),
    )
    expect(file.checks).toContainEqual(
      expect.objectContaining({
        endpoint: 'http://127.0.0.1:8080/',
        from: 'host',
        dimensions: [
          { type: 'http_status', expect: 200 },
          { type: 'latency', threshold_ms: expect.any(Number) },
        ],
      }),
    )
  }, 120_000)

  test('learns from the machine on which it runs', async () => {
    const program = `HOME=/run/root XDG_STATE_HOME=/run/state ${opsctlProgram()} probe`
    const said = await machines.all[1]?.sh(
      `cd /run && ${program} learn --try >own.yaml && ${program} lint own.yaml >/dev/null && ${program} -f own.yaml -o json >own.json; echo $?; cat own.yaml`,
    )
    const [code, ...lines] = said?.split('\n') ?? []
    expect({ code, said }).toMatchObject({ code: '0' })
    const file = parse(lines.join('\n'))
    expect(file.defaults).toBeUndefined()
    expect(file.checks).toContainEqual(expect.objectContaining({ endpoint: 'http://127.0.0.1:8081/' }))
  }, 120_000)

  test('tells which hosts it could not read, in the file too', async () => {
    const { code, stdout, stderr } = await opsctl(
      ['probe', 'learn', '-t', `${address(0)},127.9.9.9`, ...ssh(), '--retries', '0'],
      patient,
    )
    expect(code).toBe(3)
    expect(stderr).toContain('127.9.9.9: ')
    expect(stdout).toContain('# NOT READ: 127.9.9.9: ')
    expect(parse(stdout).defaults).toEqual({ targets: address(0) })
  }, 120_000)

  test('writes no file when no host could be read', async () => {
    const { code, stdout } = await opsctl(['probe', 'learn', '127.9.9.9', ...ssh(), '--retries', '0'], patient)
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
  }, 120_000)
})
