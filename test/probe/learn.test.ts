import { describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import type { Json } from '../../src/lib/core/json.ts'
import { daemons } from '../../src/lib/probe/learn/daemons.ts'
import { learnedFile } from '../../src/lib/probe/learn/learned-file.ts'
import type { Lesson } from '../../src/lib/probe/learn/lesson.ts'
import { mounts } from '../../src/lib/probe/learn/mounts.ts'
import { ports } from '../../src/lib/probe/learn/ports.ts'
import { services } from '../../src/lib/probe/learn/services.ts'
import { users } from '../../src/lib/probe/learn/users.ts'
import { startFleet } from '../helpers/fleet.ts'
import { inProcess } from '../helpers/in-process.ts'
import { needs } from '../helpers/needs.ts'
import { foundOf, type HostCase } from './host-cases.ts'

/** What a lesson teaches of a host that shows this. */
const learn = (lesson: Lesson, reads: HostCase['reads']) =>
  lesson.learn(foundOf({ case: '', expect: 'pass', says: '', reads }, lesson.readings))

const table = `PID STAT COMMAND          COMMAND
  1 Ss   systemd          /sbin/init
 40 Ss   nginx            nginx: master process /usr/sbin/nginx
 41 S    nginx            nginx: worker process
 50 Sl   java             /usr/bin/java -jar /srv/orders.jar
 60 S    sleep            sleep 1000
`

const socket = (address: string, inode: number): string =>
  `   0: ${address} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`

describe('what is learned', () => {
  test('of ports: who listens, for whom, and none that the kernel gave out', () => {
    const { checks, leftOut } = learn(ports, {
      'list what listens': [socket('00000000:0050', 7), socket('0100007F:1538', 8), socket('00000000:B3A1', 9)].join('\n'),
      '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
      'list the commands that run': table,
      'see which processes listen':
        '/proc/41/fd:\nlrwx------ 1 0 0 64 Nov 22 19:38 6 -> socket:[7]\n/proc/40/fd:\nlrwx------ 1 0 0 64 Nov 22 19:38 6 -> socket:[7]\n',
    })
    expect(checks).toMatchObject([
      { params: { port: 80 }, why: 'nginx listens', reach: { address: '127.0.0.1', port: 80 } },
      { params: { port: 5432 }, why: 'a process that could not be seen listens, on loopback only' },
      { type: 'listening', params: { allowed: [80, '32768-60999'] } },
    ])
    expect(leftOut).toEqual(['port 45985: one of those that the kernel gives out (32768-60999)'])
  })

  test('of services: those of systemd that run and are enabled', () => {
    const block = (id: string, sub: string, file: string): string => `Id=${id}\nSubState=${sub}\nUnitFileState=${file}\n`
    const { checks, leftOut } = learn(services, {
      'list the services that run': `systemd\n${[
        block('ssh.service', 'running', 'enabled'),
        block('systemd-journald.service', 'running', 'static'),
        block('networking.service', 'exited', 'enabled'),
        block('openvpn@office.service', 'running', 'enabled'),
        block('getty@tty1.service', 'running', 'enabled'),
      ].join('\n')}`,
      'list the commands that run': table,
    })
    expect(checks.map(({ params }) => params)).toEqual([
      { name: 'openvpn@office', enabled: true },
      { name: 'ssh', enabled: true },
    ])
    expect(leftOut).toEqual(['service getty@tty1: waits for a login at a terminal'])
  })

  test('of daemons: nothing where something looks after services', () => {
    const reads = { 'list the commands that run': table, 'list the services that run': 'systemd\n' }
    expect(learn(daemons, reads).checks).toEqual([])
  })

  test('of daemons: what hangs below the first process for a while, by its program or what it runs', () => {
    const stat = (pid: number, name: string, { parent = 1, terminal = 0, started = 100 } = {}): string =>
      `${pid} (${name}) S ${parent} ${pid} ${pid} ${terminal} -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${started} 0 0`
    const { checks } = learn(daemons, {
      'list the commands that run': table,
      'list the services that run': 'sysv\nnginx\n',
      'see who started the processes': [
        '5000.10 4000.00',
        stat(40, 'nginx'),
        stat(41, 'nginx', { parent: 40 }),
        stat(50, 'java'),
        stat(60, 'sleep'),
        '',
      ].join('\n'),
    })
    expect(checks.map(({ params }) => params)).toEqual([{ name: 'nginx' }, { pattern: ' /srv/orders\\.jar( |$)' }])
  })

  test('of file systems: limits that leave room, and the source of those behind a network', () => {
    const { checks, leftOut } = learn(mounts, {
      '/proc/self/mountinfo': [
        '20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
        '21 20 0:30 / /srv\\040data rw,relatime - nfs4 nas1:/data rw',
        '22 20 0:31 / /home rw,relatime - nfs4 nas1:/home rw',
        '23 20 0:32 / /run rw,nosuid - tmpfs tmpfs rw',
      ].join('\n'),
      'ask the file systems': '4096 1000 80 60 1000 970 /\n4096 1000 900 900 1000 970 /run\n',
      'ask the file systems of the network': '4096 1000 800 800 0 0 /srv data\n',
    })
    expect(checks.map(({ type, params }): Json => ({ type, ...params }))).toEqual([
      { type: 'mount', path: '/' },
      { type: 'disk', path: '/', warn: '95.9%', fail: '98%' },
      { type: 'inodes', path: '/', warn: '90%', fail: '95%' },
      { type: 'mount', path: '/srv data', source: 'nas1:/data' },
      { type: 'disk', path: '/srv data', warn: '90%', fail: '95%' },
    ])
    expect(leftOut).toEqual(['file system /home: it did not answer'])
  })

  test('of users: those with a shell', () => {
    const { checks } = learn(users, {
      '/etc/passwd':
        'www:x:33:33::/var/www:/usr/sbin/nologin\nops:x:1000:1000:,,,:/home/ops:/bin/bash\nold:x:7:7::/:\nroot:x:0:0::/root:/bin/sh\nbroken\n',
    })
    expect(checks.map(({ params }) => params)).toEqual([
      { name: 'root', uid: 0, home: '/root', shell: '/bin/sh' },
      { name: 'old', uid: 7, home: '/', shell: '' },
      { name: 'ops', uid: 1000, home: '/home/ops', shell: '/bin/bash' },
    ])
  })
})

describe('the file', () => {
  const check = (params: Record<string, string>, type = 'user') => ({ type, title: 'Users', why: 'has a shell', params })

  test('gives names of their own to checks that differ from host to host', () => {
    const { text } = learnedFile(
      [
        { host: 'web1', checks: [check({ name: 'ops', shell: '/bin/sh' })], leftOut: [] },
        { host: 'web2', checks: [check({ name: 'ops', shell: '/bin/bash' })], leftOut: [] },
      ],
      [],
    )
    expect(parse(text)).toEqual({
      defaults: { targets: 'web[1-2]' },
      checks: [
        { name: 'user ops of web1', type: 'user', params: { name: 'ops', shell: '/bin/sh' }, targets: 'web1' },
        { name: 'user ops of web2', type: 'user', params: { name: 'ops', shell: '/bin/bash' }, targets: 'web2' },
      ],
    })
  })

  test('says in comments what was left out, and lets no host end one', () => {
    const { text } = learnedFile(
      [{ checks: [{ ...check({ name: 'ops' }), why: 'x\n- evil: 1' }], leftOut: ['a\u2028b\nchecks: []'] }],
      [],
    )
    expect(parse(text)).toEqual({ checks: [{ type: 'user', name: 'ops' }] })
    expect(text).toContain('# - a?b?checks: []')
  })
})

test.skipIf(!needs('sshd', 'ssh-keygen'))(
  'writes a file of the hosts that it could read, and tells by its exit code that some told nothing',
  async () => {
    await using fleet = await startFleet()
    const learned = (...hosts: string[]) =>
      inProcess(['probe', 'learn', ...hosts, '--ssh-config', fleet.sshConfigFile, '--retries', '0'], { home: fleet.directory })
    const [all, some, none] = [await learned('127.0.1.1'), await learned('127.0.1.1', '127.9.9.9'), await learned('127.9.9.9')]
    expect([all.code, some.code, none.code]).toEqual([0, 3, 69])
    expect(some.stdout).toContain('# NOT READ: 127.9.9.9: ')
    expect(some.stderr).toContain('127.9.9.9: ')
    expect(none.stdout).toBe('')
  },
  120_000,
)
