import { chmodSync, chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import type { Json } from '../../src/lib/core/json.ts'

/** A use of a step on a prepared directory: `do` changes it, `undo` brings it back. */
export interface StepCase {
  readonly type: string
  readonly name: string
  readonly prepare: (root: string) => void
  readonly config: (root: string) => Json
}

const root = userInfo().uid === 0

/** Files of whole seconds: not every host can set more. */
function put(path: string, content: string | Uint8Array, { mode = 0o644, owner = 0 } = {}): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  if (root) chownSync(path, owner, owner)
  chmodSync(path, mode)
  utimesSync(path, 1_767_268_800, 1_767_268_800)
}

const nginx = (port: number): string => `server {\n  listen ${port};\n  root /srv/www;\n}\n`

export const fileCases: readonly StepCase[] = [
  {
    type: 'write-file',
    name: 'a file with a mode and an owner of its own',
    prepare: at => put(join(at, 'etc/nginx.conf'), nginx(80), { mode: 0o640, owner: 33 }),
    config: at => ({ path: join(at, 'etc/nginx.conf'), content: nginx(8080) }),
  },
  {
    type: 'write-file',
    name: 'only another mode',
    prepare: at => put(join(at, 'etc/shadow'), 'secret\n'),
    config: at => ({ path: join(at, 'etc/shadow'), content: 'secret\n', mode: '0600' }),
  },
  {
    type: 'write-file',
    name: 'a new file in new directories',
    prepare: at => put(join(at, 'etc/hosts'), '127.0.0.1 localhost\n'),
    config: at => ({ path: join(at, 'etc/app/conf.d/limits.conf'), content: 'nofile 65536\n', mode: '0640', parents: true }),
  },
  {
    type: 'write-file',
    name: 'what a symbolic link leads to',
    prepare(at) {
      put(join(at, 'etc/sites-available/shop'), nginx(80))
      mkdirSync(join(at, 'etc/sites-enabled'))
      symlinkSync('../sites-available/shop', join(at, 'etc/sites-enabled/shop'))
    },
    config: at => ({ path: join(at, 'etc/sites-enabled/shop'), content: nginx(443) }),
  },
  {
    type: 'write-file',
    name: 'bytes that are no text, and a name that is no word',
    prepare: at => put(join(at, `it's a "key" $(id) \\n; -rf`), Uint8Array.from([0, 255, 10, 13, 0, 128])),
    config: at => ({
      path: join(at, `it's a "key" $(id) \\n; -rf`),
      contentBase64: Buffer.from([1, 0, 254, 10, 0]).toString('base64'),
    }),
  },
  {
    type: 'write-file',
    name: 'an empty file',
    prepare: at => put(join(at, 'etc/motd'), 'welcome\n', { mode: 0o4755 }),
    config: at => ({ path: join(at, 'etc/motd'), content: '' }),
  },
  {
    type: 'remove-file',
    name: 'a file',
    prepare: at => put(join(at, 'etc/default-site'), nginx(80), { mode: 0o600, owner: 33 }),
    config: at => ({ path: join(at, 'etc/default-site') }),
  },
  {
    type: 'remove-file',
    name: 'a link to a directory, not the directory',
    prepare(at) {
      put(join(at, 'srv/release-1/index.html'), '<h1>shop</h1>\n')
      symlinkSync('release-1', join(at, 'srv/current'))
    },
    config: at => ({ path: join(at, 'srv/current') }),
  },
  {
    type: 'remove-file',
    name: 'a link that leads nowhere',
    prepare: at => symlinkSync('/nowhere/at all', join(at, 'broken')),
    config: at => ({ path: join(at, 'broken') }),
  },
  {
    type: 'line-in-file',
    name: 'in the place of the last line that matches',
    prepare: at => put(join(at, 'sshd_config'), '# grüße\n#PermitRootLogin yes\nPort 22\nPermitRootLogin yes\nUsePAM yes\n'),
    config: at => ({ path: join(at, 'sshd_config'), line: 'PermitRootLogin no', match: '^#?PermitRootLogin\\s' }),
  },
  {
    type: 'line-in-file',
    name: 'at the end of a file without a last newline',
    prepare: at => put(join(at, 'hosts'), Buffer.from('127.0.0.1 localhost # \xe4', 'latin1'), { mode: 0o664 }),
    config: at => ({ path: join(at, 'hosts'), line: '10.0.0.5 db1' }),
  },
  {
    type: 'line-in-file',
    name: 'taken out',
    prepare: at => put(join(at, 'fstab'), '/dev/sda1 / ext4\r\n/swapfile none swap\r\nproc /proc proc\r\n'),
    config: at => ({ path: join(at, 'fstab'), line: '/swapfile none swap', match: '\\bswap\\b', state: 'absent' }),
  },
  {
    type: 'command',
    name: 'with a marker',
    prepare: at => mkdirSync(join(at, 'srv')),
    config: at => ({
      run: 'mkdir "$NAME" && cd "$NAME"',
      undo: ['rmdir', 'the shop'],
      creates: join(at, 'srv/the shop'),
      cwd: join(at, 'srv'),
      env: { NAME: 'the shop' },
    }),
  },
]
