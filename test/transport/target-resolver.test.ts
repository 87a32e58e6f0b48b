import { expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { loadSshConfig } from '../../src/lib/transport/ssh-config/ssh-config.ts'
import { TargetResolver } from '../../src/lib/transport/target-resolver.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { ConfigBench } from './ssh-config/config-bench.ts'

test('a key of the inventory may begin with ~, as in a configuration of ssh', async () => {
  await using directory = await tempDir()
  const { world } = new ConfigBench(directory.path)
  const resolver = new TargetResolver({
    config: await loadSshConfig({ only: 'none' }, world),
    world,
    spec: { connectTimeoutMs: 1000, retries: 0, forwardAgent: false, identityFiles: [] },
    signal: new AbortController().signal,
    now: () => 0,
  })
  const { identityFiles } = await resolver.resolve(hostNamed('db1', { identityFiles: ['~/.ssh/db', '/etc/keys/db'] }))
  expect(identityFiles).toEqual([`${world.home}/.ssh/db`, '/etc/keys/db'])
})
