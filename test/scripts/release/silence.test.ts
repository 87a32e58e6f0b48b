import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostTarget, readPackaging, root } from '../../../scripts/release/packaging.ts'
import { preparedRuntime } from '../../../scripts/release/runtime.ts'
import { silence } from '../../../scripts/release/silence.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const config = readPackaging()
const target = hostTarget(config)
const original = join(root, 'node_modules', target.runtime, 'bin/bun')

test('a runtime that holds another number of names than expected is refused', () => {
  const runtime = readFileSync(original)
  expect(() => silence(runtime, { ...target, silenced: target.silenced - 1 }, config.silenced.variables)).toThrow(
    `the runtime of ${target.name} holds ${target.silenced} names of variables, not ${target.silenced - 1} as expected`,
  )
  expect(() => silence(runtime.subarray(0, 1 << 20), target, config.silenced.variables)).toThrow('as expected')
})

const client = `import { connect, createServer } from 'node:tls'
import { readFileSync } from 'node:fs'
const [, , directory] = process.argv
const read = name => readFileSync(directory + '/' + name)
const server = createServer({ key: read('key.pem'), cert: read('cert.pem') }, socket => socket.end()).listen(0, '127.0.0.1', () => {
  const socket = connect({ port: server.address().port, host: '127.0.0.1', servername: 'localhost' })
  socket.on('secureConnect', () => end('trusted'))
  socket.on('error', error => end(error.code))
})
const end = word => { console.log(word); process.exit() }
`

test.skipIf(!needs('openssl'))(
  'a variable of the caller makes the original runtime trust any certificate, and the silenced one none',
  async () => {
    await using directory = await tempDir()
    const file = (name: string): string => join(directory.path, name)
    await writeFile(file('client.js'), client)
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    Bun.spawnSync(
      ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject].concat([
        '-keyout',
        file('key.pem'),
        '-out',
        file('cert.pem'),
      ]),
    )
    const silenced = await preparedRuntime(target, config)
    const answer = (runtime: string, env: Record<string, string>): string =>
      Bun.spawnSync([runtime, file('client.js'), directory.path], { env, stderr: 'ignore' })
        .stdout.toString()
        .trim()
    for (const env of [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, { NODE_EXTRA_CA_CERTS: file('cert.pem') }]) {
      expect(answer(original, env)).toBe('trusted')
      expect(answer(silenced, env)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    }
  },
  60_000,
)
