import { expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { needs } from './needs.ts'
import { makeNetns } from './netns.ts'

test.skipIf(!needs('root', 'netns'))('a cut cable loses packets without any sign, a mended one carries them again', async () => {
  await using netns = await makeNetns()
  const server = createServer(socket => socket.pipe(socket)).listen(0, netns.outside)
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const source = `const s = require('net').connect(${port}, '${netns.outside}', () => s.write('x'))
    s.on('data', d => process.stdout.write(d)); process.stdin.on('data', d => s.write(d)).on('end', () => process.exit())`
  const [program = '', ...args] = [...netns.argv, process.execPath, '-e', source]
  const inside = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const received = inside.stdout.setEncoding('utf8')[Symbol.asyncIterator]()
  expect((await received.next()).value).toBe('x')
  await netns.cut()
  inside.stdin.write('y')
  const reached = new Promise(resolve => {
    connect({ host: netns.inside, port: 1 })
      .on('error', resolve)
      .setTimeout(300, () => resolve('silence'))
  })
  expect(await reached).toBe('silence')
  await netns.mend()
  expect((await received.next()).value).toBe('y')
  inside.stdin.end()
  server.close()
})
